"""Models of the objects in v1's answers, for the documents and for tests.

Answers are written by hand as bytes; nothing here runs when a request is served. Request bodies are in
wire_bodies. Wire names live here as they are on the wire. Three kinds of members:

* always there: `given(...)`;
* nullable: `given(...)` of a type `T | None`, always there too, `null` when there is no value;
* neither: `absent(...)`, left out of the answer when there is no value, and never `null`.

The models are strict: they take no member that is not documented. Their schemas say no such thing, so that a
later release may add a member without breaking a client that was generated from them.
"""

# ruff: noqa: N815 - the members are named as on the wire

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AnyUrl, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from ....fields.words import Capability, ConnectorFormat, PhaseRotation, PowerType
from ....rights.identifiers import INT64_MAX, INT64_MIN
from . import wire_examples as examples

Json = dict[str, Any]


def described_int(bits: int, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "format": f"int{bits}", **more})


Int64 = Annotated[int, Field(ge=INT64_MIN, le=INT64_MAX), described_int(64)]
Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1), described_int(32)]
Double = Annotated[float, WithJsonSchema({"type": "number", "format": "double"})]
DateTime = Annotated[AwareDatetime, WithJsonSchema({"type": "string", "format": "date-time"})]
Uri = Annotated[AnyUrl, WithJsonSchema({"type": "string", "format": "uri"})]


def numbered(name: str, values: dict[str, str]) -> WithJsonSchema:
    """An enumeration whose words travel as 0, 1, 2, …"""
    words = [{"value": n, "name": word, "description": text} for n, (word, text) in enumerate(values.items())]
    kind = {"name": name, "modelAsString": False, "values": words}
    return described_int(32, enum=list(range(len(values))), **{"x-ms-enum": kind})


GroupType = Annotated[
    Literal[0, 1, 2, 3, 4],
    numbered(
        "GroupType",
        {
            "SUB_CPO": "An operator below the customer",
            "SITE": "A place with chargers",
            "SUB_SITE": "A part of a site, such as a floor",
            "CIRCUIT": "Chargers behind one fuse",
            "OTHER": "Anything else",
        },
    ),
]
ReferenceKind = Annotated[
    Literal[0, 1],
    numbered("ReferenceType", {"INTEGRATION": "A system that is connected to this one", "OTHER": "Any other system"}),
]
Status = Literal[
    "Available", "Preparing", "Charging", "SuspendedCAR", "SuspendedCHARGER", "Finishing",
    "Reserved", "Unavailable", "Error", "Offline", "Booting", "Info",
]  # fmt: skip

_ACRONYMS = {"id": "ID", "ids": "IDs", "evse": "EVSE", "iccid": "ICCID", "imsi": "IMSI"}


def words(name: str) -> str:
    """`homeGroupId` as a person reads it: `Home Group ID`."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)
    return " ".join(_ACRONYMS.get(part.lower(), part[:1].upper() + part[1:]) for part in parts)


def given(description: str, **more: Any) -> Any:
    """A member that is always there."""
    return Field(description=description, **more)


def absent(description: str, **more: Any) -> Any:
    """A member that is left out when there is no value."""
    return Field(default_factory=lambda: None, description=description, **more)


class Wire(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", field_title_generator=lambda name, _: words(name), protected_namespaces=()
    )


def shown(example: Json) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class V1Tag(Wire):
    """A driver's card, app token, number plate or vehicle id."""

    model_config = shown(examples.TAG)
    id: Int64 = given("Number of the tag")
    idTag: str = given("The text the charger reads; compared without case")
    expiringDate: DateTime = given("From this instant on the tag is no longer taken; 9999-12-31T23:59:59Z for never")
    startDate: DateTime | None = given("Before this instant the tag is not taken yet")
    lastUpdated: DateTime | None = given("When the tag was last changed")
    tokenName: str = absent("What is printed on the card, or what the driver calls it")
    invoicable: bool = given("Whether charging with this tag is invoiced; has a meaning only with an invoicing service")


class ExternalId(Wire):
    """The driver's id in somebody else's system."""

    model_config = shown(examples.EXTERNAL_ID)
    referenceType: ReferenceKind = given("Kind of the other system: 0 INTEGRATION, 1 OTHER")
    referenceId: str = given("Which system it is")
    externalId: str = given("The id the driver has there")
    effectiveFrom: DateTime | None = given("Since when the id holds")


class LocationInfo(Wire):
    """The charger's address."""

    model_config = shown(examples.LOCATION)
    latitude: Double = absent("Degrees north, WGS 84")
    longitude: Double = absent("Degrees east, WGS 84")
    streetAddress: str | None = given("Street")
    streetNumber: str = absent("Number in the street")
    houseLetter: str | None = given("Letter or stairs after the number")
    postalNumber: str = absent("Postal code")
    city: str | None = given("City or municipality")
    area: str | None = given("Region, state or district")
    country: str | None = given("Country")


class V1Configuration(Wire):
    """One setting the charger has reported."""

    model_config = shown(examples.CONFIGURATION)
    configName: str = given("Name of the setting")
    configValue: str = given("Its value, as the charger wrote it")
    canBeChanged: bool = given("Whether the charger lets it be changed from here")


class V1Socket(Wire):
    """A plug or outlet.

    The charger's controller (number 0) is never listed.
    """

    model_config = shown(examples.SOCKET)
    type: str | None = given("Plug standard in OCPI's words, such as IEC_62196_T2, IEC_62196_T2_COMBO or CHADEMO")
    maxPower: str | None = given("Greatest power as free text; read maxWatts instead", deprecated=True)
    status: Status = given("What the socket is doing")
    id: Int32 = given("Number of the socket on its charger, from 1")
    name: str = given("What people call the socket; its number when it has no name")
    deviceEvseId: Int32 | None = given("EVSE number the charger itself uses")
    deviceConnectorId: Int32 | None = given("Connector number the charger itself uses")
    format: ConnectorFormat | None = given("An outlet (SOCKET) or a cable with a plug (CABLE)")
    socketPowerType: PowerType | None = given("Alternating current with its phases, or direct current")
    maxWatts: Int32 | None = given("Greatest power in watts")
    maxVoltage: Int32 | None = given("Greatest voltage in volts")
    maxAmperage: Int32 | None = given("Greatest current in amperes")
    phaseRotation: PhaseRotation | None = given("Order in which the grid's phases are wired to the socket")
    termsAndConditions: Uri | None = given("Page with the terms of using the socket")
    lastUpdated: DateTime = absent("When the socket last reported its state")
    chargingStationEvseId: Int32 | None = given("Number of the EVSE that feeds the socket")


class V1Charger(Wire):
    """A charger: what the operator wrote about it, and what it reports itself."""

    model_config = shown(examples.CHARGER)
    id: Int64 | None = given("Number of the charger")
    chargerId: str = given("The identity under which the charger connects; no two chargers anywhere share one")
    chargerName: str = absent("What people call the charger")
    groupId: Int64 = given("Number of the site the charger is on")
    groupName: str = given("Name of that site")
    firmwareVersion: str | None = given("Firmware the charger runs")
    publicGroupName: str | None = given("Name of the site towards the public")
    manufacturer: str | None = given("Who made the charger")
    serialNumber: str | None = given("The maker's serial number")
    chargerModel: str | None = given("The maker's model name")
    amountOfSockets: Int32 = absent("How many sockets the charger has; count sockets instead", deprecated=True)
    lastSeen: DateTime = absent("When the charger last sent anything; left out while it never did")
    lastMessage: str | None = given("Name of the last OCPP message from the charger")
    activeConnection: bool = given("Whether the charger is connected now")
    chargerStatus: Status = given("What the charger as a whole is doing")
    locationInfo: LocationInfo = given("Where the charger stands")
    pushIntegrationEnabled: bool = given("Whether what happens at the charger is pushed to an integration")
    chargerSpecificMessageStructure: bool = given("Whether those pushes have a form of the charger's own")
    chargerConfigurations: list[V1Configuration] | None = given("Settings the charger has reported")
    sockets: list[V1Socket] | None = given("Sockets of the charger, by number")
    evseId: str = absent("eMI3 id of the charger, such as FRA23E45B*78C")
    splitEvseBySocket: bool = given("Whether each socket is an EVSE of its own towards partners: its id is then the"
                                    " chargerId followed by the socket's number, else the chargerId")  # fmt: skip
    capabilities: list[Capability] = given("What the charger can do, in OCPI's words")
    physicalReference: str = absent("What is written on the charger, such as the number of the bay")
    integrationRelays: list[str] = given("Integrations that get what happens at the charger")
    iccid: str = absent("Number of the SIM card in the charger")
    imsi: str = absent("Subscriber number of that SIM card")
    meterSerialNumber: str = absent("Serial number of the energy meter")
    meterType: str = absent("Type of the energy meter")
    customProperties: dict[str, str] | None = given("Names and texts of the operator's own")


class ChargerGroup(Wire):
    """A site: a place with chargers, and the sites below it."""

    model_config = shown(examples.SITE)
    onlineSocket: Int32 | None = given("Sockets in working order, here and below")
    offlineSocket: Int32 | None = given(
        "Sockets that are unavailable or whose charger is not connected, here and below"
    )
    errorSocket: Int32 | None = given("Sockets with a fault, here and below")
    subgroups: list[ChargerGroup] = given("The sites right below this one, each with its own subgroups")
    chargers: list[V1Charger] = given("The chargers on this site itself")
    payerId: Int64 | None = given("Who pays for charging here")
    costId: str = absent("Cost centre the site is booked on")
    costName: str = absent("Name of that cost centre")
    paymentRecipientId: Int64 | None = given("Who is paid for charging here")
    id: Int64 = given("Number of the site")
    groupName: str = given("Name of the site")
    groupType: GroupType = given("Kind of the site: 0 SUB_CPO, 1 SITE, 2 SUB_SITE, 3 CIRCUIT, 4 OTHER")
    externalId: str = absent("The site's id in the customer's own system")


class BriefSite(Wire):
    """A site, and those below it, without details."""

    model_config = shown(examples.BRIEF_SITE)
    id: Int64 = given("Number of the site")
    groupName: str = given("Name of the site")
    groupType: GroupType = given("Kind of the site: 0 SUB_CPO, 1 SITE, 2 SUB_SITE, 3 CIRCUIT, 4 OTHER")
    subgroups: list[BriefSite] = given("The sites right below this one, each with its own subgroups")


class BriefUser(Wire):
    """A driver without details."""

    model_config = shown(examples.BRIEF_USER)
    id: Int64 = given("Number of the driver")
    name: str = given("Name of the driver")
    homeGroupId: Int64 = absent("Number of the site whose operators look after the driver; gives no right to charge")
    homeGroupName: str = absent("Name of that site")


class User(BriefUser):
    """A driver: a person or a vehicle, with everything the driver holds."""

    model_config = shown(examples.USER)
    externalId: str = absent("The driver's id in the customer's own system")
    tags: list[V1Tag] = given("What the driver can show to a charger")
    chargerGroups: list[ChargerGroup] = given("Sites on which the driver holds a right directly, with all below each")
    chargers: list[V1Charger] = given("Chargers on which the driver holds a right by name or through an access group")
    payerId: Int64 | None = given("Who pays for the driver's charging")
    integratedExternalIds: list[ExternalId] = given("The driver's ids in other systems")


class SiteDrivers(Wire):
    """A site that was asked for and the drivers who may charge there."""

    model_config = shown(examples.SITE_DRIVERS)
    groupId: Int64 = given("Number of the site, as it was asked for")
    users: list[User] = given("Drivers who hold a right there now, by number; empty when there are none")


class BriefSiteDrivers(Wire):
    """A site that was asked for and the drivers who may charge there, without details."""

    model_config = shown(examples.BRIEF_SITE_DRIVERS)
    groupId: Int64 = given("Number of the site, as it was asked for")
    users: list[BriefUser] = given("Drivers who hold a right there now, by number; empty when there are none")


class UserGroup(Wire):
    """A home site with the drivers its operators look after."""

    model_config = shown(examples.USER_GROUP)
    id: Int64 = given("Number of the site")
    groupName: str = given("Name of the site")
    groupType: GroupType = given("Kind of the site: 0 SUB_CPO, 1 SITE, 2 SUB_SITE, 3 CIRCUIT, 4 OTHER")
    payerId: Int64 | None = given("Who pays for charging there")
    costId: str = absent("Cost centre the site is booked on")
    costName: str = absent("Name of that cost centre")
    paymentRecipientId: Int64 | None = given("Who is paid for charging there")
    externalId: str = absent("The site's id in the customer's own system")
    isSpare: bool = given("Whether this stands for the drivers without a home site")
    subgroups: list[UserGroup] = given("The home sites right below this one")
    users: list[User] = given("The drivers whose home site this is")


class BriefUserGroup(Wire):
    """A home site with the drivers its operators look after, without details."""

    model_config = shown(examples.BRIEF_USER_GROUP)
    id: Int64 = given("Number of the site")
    groupName: str = given("Name of the site")
    groupType: GroupType = given("Kind of the site: 0 SUB_CPO, 1 SITE, 2 SUB_SITE, 3 CIRCUIT, 4 OTHER")
    isSpare: bool = given("Whether this stands for the drivers without a home site")
    subgroups: list[BriefUserGroup] = given("The home sites right below this one")
    users: list[BriefUser] = given("The drivers whose home site this is")


class BriefHomeGroups(Wire):
    """All drivers of the customer, by home site, without details."""

    model_config = shown(examples.BRIEF_HOME_GROUPS)
    userGroups: list[BriefUserGroup] = given("The home sites at the top, each with those below it")
    spareUsers: list[BriefUser] = given("The drivers without a home site")


class HomeGroups(Wire):
    """All drivers of the customer, by home site."""

    model_config = shown(examples.HOME_GROUPS)
    userGroups: list[UserGroup] = given("The home sites at the top, each with those below it")
    spareUsers: list[User] = given("The drivers without a home site")
