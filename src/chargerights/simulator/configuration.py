"""The settings of a simulated charger, readable and writable.

One table has the words of both generations of OCPP: configuration keys (1.6) and variables of components (2.x).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The data types of 2.x."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    STRING = "string"
    LIST = "MemberList"
    OPTION = "OptionList"


class Mutability(StrEnum):
    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"
    WRITE_ONLY = "WriteOnly"


class ChangeResult(StrEnum):
    """Outcomes of a change, in words that 1.6 and 2.x share."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    REBOOT_REQUIRED = "RebootRequired"


@dataclass(frozen=True, slots=True)
class Variable:
    """The place where 2.x keeps a setting."""

    component: str
    name: str
    instance: str | None = None

    def __str__(self) -> str:
        return ".".join(filter(None, (self.component, self.name, self.instance)))


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, with its key in 1.6 and its variable in 2.x.

    A setting that one of them lacks has None there.
    """

    key: str | None
    variable: Variable | None
    kind: Kind
    default: str
    mutability: Mutability = Mutability.READ_WRITE
    reboot: bool = False

    @property
    def name(self) -> str:
        """1.6's name, else 2.x's: how the code asks for it."""
        return self.key if self.key is not None else str(self.variable)


def _v(component: str, name: str, instance: str | None = None) -> Variable:
    return Variable(component, name, instance)


_RO, _WO = Mutability.READ_ONLY, Mutability.WRITE_ONLY
_BOOL, _INT, _STR, _LIST = Kind.BOOLEAN, Kind.INTEGER, Kind.STRING, Kind.LIST
_COMM, _LISTS, _DATA = "OCPPCommCtrlr", "LocalAuthListCtrlr", "DeviceDataCtrlr"

SETTINGS = (
    Setting("AllowOfflineTxForUnknownId", _v("AuthCtrlr", "OfflineTxForUnknownIdEnabled"), _BOOL, "false"),
    Setting("AuthorizationCacheEnabled", _v("AuthCacheCtrlr", "Enabled"), _BOOL, "true"),
    Setting("AuthorizationKey", _v("SecurityCtrlr", "BasicAuthPassword"), _STR, "", _WO),
    Setting("AuthorizeRemoteTxRequests", _v("AuthCtrlr", "AuthorizeRemoteStart"), _BOOL, "true"),
    Setting("ConnectionTimeOut", _v("TxCtrlr", "EVConnectionTimeOut"), _INT, "60"),
    Setting("ConnectorPhaseRotation", None, _STR, "NotApplicable"),
    Setting("GetConfigurationMaxKeys", None, _INT, "50", _RO),
    Setting("HeartbeatInterval", _v(_COMM, "HeartbeatInterval"), _INT, "300"),
    Setting("LocalAuthListEnabled", _v(_LISTS, "Enabled"), _BOOL, "true"),
    Setting("LocalAuthListMaxLength", None, _INT, "100", _RO),
    Setting("LocalAuthorizeOffline", _v("AuthCtrlr", "LocalAuthorizeOffline"), _BOOL, "true"),
    Setting("LocalPreAuthorize", _v("AuthCtrlr", "LocalPreAuthorize"), _BOOL, "false"),
    Setting("MeterValueSampleInterval", _v("SampledDataCtrlr", "TxUpdatedInterval"), _INT, "60"),
    Setting(
        "MeterValuesSampledData",
        _v("SampledDataCtrlr", "TxUpdatedMeasurands"),
        _LIST,
        "Energy.Active.Import.Register,Power.Active.Import",
        _RO,
    ),
    Setting("NumberOfConnectors", None, _INT, "1", _RO),
    Setting("ResetRetries", _v(_COMM, "ResetRetries"), _INT, "0"),
    Setting("SendLocalListMaxLength", _v(_LISTS, "ItemsPerMessage"), _INT, "50", _RO),
    Setting("StopTransactionOnEVSideDisconnect", _v("TxCtrlr", "StopTxOnEVSideDisconnect"), _BOOL, "true", _RO),
    Setting("StopTransactionOnInvalidId", _v("TxCtrlr", "StopTxOnInvalidId"), _BOOL, "true"),
    Setting(
        "SupportedFeatureProfiles",
        None,
        _LIST,
        "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger",
        _RO,
    ),
    Setting("TransactionMessageAttempts", _v(_COMM, "MessageAttempts", "TransactionEvent"), _INT, "3"),
    Setting("TransactionMessageRetryInterval", _v(_COMM, "MessageAttemptInterval", "TransactionEvent"), _INT, "60"),
    Setting("WebSocketPingInterval", _v(_COMM, "WebSocketPingInterval"), _INT, "60", reboot=True),
    Setting(None, _v(_COMM, "OfflineThreshold"), _INT, "60"),
    Setting(None, _v(_COMM, "RetryBackOffRandomRange"), _INT, "10"),
    Setting(None, _v(_COMM, "RetryBackOffRepeatTimes"), _INT, "4"),
    Setting(None, _v(_COMM, "RetryBackOffWaitMinimum"), _INT, "10"),
    Setting(None, _v(_LISTS, "BytesPerMessage"), _INT, "16384", _RO),
    Setting(None, _v(_LISTS, "Entries"), _INT, "0", _RO),
    Setting(None, _v(_DATA, "ItemsPerMessage", "GetReport"), _INT, "10", _RO),
    Setting(None, _v(_DATA, "ItemsPerMessage", "GetVariables"), _INT, "50", _RO),
    Setting(None, _v(_DATA, "ItemsPerMessage", "SetVariables"), _INT, "50", _RO),
    Setting(None, _v("TxCtrlr", "TxStartPoint"), _LIST, "PowerPathClosed", _RO),
    Setting(None, _v("TxCtrlr", "TxStopPoint"), _LIST, "PowerPathClosed", _RO),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
_BY_KEY = {setting.key.casefold(): setting for setting in SETTINGS if setting.key is not None}
_BY_VARIABLE = {
    (each.variable.component.casefold(), each.variable.name.casefold(), (each.variable.instance or "").casefold()): each
    for each in SETTINGS
    if each.variable is not None
}


class SettingValues:
    """The values of one charger's settings.

    Only those that differ from the table's take memory.
    """

    def __init__(self, values: dict[str, str | int | bool] | None = None) -> None:
        self._values: dict[str, str] = {}
        for name, value in (values or {}).items():
            self.put(name, value)

    def text(self, name: str) -> str:
        return self._values.get(name, BY_NAME[name].default)

    def number(self, name: str) -> int:
        return int(self.text(name))

    def flag(self, name: str) -> bool:
        return self.text(name) == "true"

    def put(self, name: str, value: str | int | bool) -> None:
        """Sets a value that the charger itself decides, also of a read-only setting.

        Raises KeyError.
        """
        setting = BY_NAME[name]
        self._values[setting.name] = str(value).lower() if isinstance(value, bool) else str(value)

    def change(self, setting: Setting, value: str) -> ChangeResult:
        """Makes a change that a central system asks for."""
        if setting.mutability is Mutability.READ_ONLY:
            return ChangeResult.REJECTED
        if setting.kind is Kind.BOOLEAN:
            value = value.lower()
            if value not in ("true", "false"):
                return ChangeResult.REJECTED
        if setting.kind is Kind.INTEGER and not (value.isascii() and value.isdecimal()):
            return ChangeResult.REJECTED
        self._values[setting.name] = value
        return ChangeResult.REBOOT_REQUIRED if setting.reboot else ChangeResult.ACCEPTED


def of_key(key: str) -> Setting | None:
    """Returns the setting with that key of 1.6, compared without case."""
    return _BY_KEY.get(key.casefold())


def of_variable(component: str, name: str, instance: str | None) -> Setting | None:
    """Returns the setting of that variable of 2.x, compared without case."""
    return _BY_VARIABLE.get((component.casefold(), name.casefold(), (instance or "").casefold()))


def is_component(name: str) -> bool:
    return any(known == name.casefold() for known, _, _ in _BY_VARIABLE)


def keys() -> Iterator[Setting]:
    """Yields the settings that 1.6 shows. Write-only ones are not among them."""
    return (each for each in SETTINGS if each.key is not None and each.mutability is not Mutability.WRITE_ONLY)


def variables() -> Iterator[tuple[Setting, Variable]]:
    return ((each, each.variable) for each in SETTINGS if each.variable is not None)
