"""The demo network's content: places near Helsinki, chargers, and names.

All people, companies, number plates and ids are invented.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class SitePlan(NamedTuple):
    """A site and its chargers: their number, their model, and the prefix of their ids."""

    id: int
    parent_id: int | None
    type: str
    name: str
    members: dict[str, Any]
    prefix: str = ""
    model: str = ""
    chargers: int = 0


BUILDINGS: dict[int, dict[str, Any]] = {
    100: {
        "latitude": 60.1561,
        "longitude": 24.9159,
        "streetAddress": "Välimerenkatu",
        "streetNumber": "21",
        "postalCode": "00220",
        "city": "Helsinki",
        "country": "FI",
    },
    200: {
        "latitude": 60.1779,
        "longitude": 24.8285,
        "streetAddress": "Keilaranta",
        "streetNumber": "10",
        "postalCode": "02150",
        "city": "Espoo",
        "country": "FI",
    },
    300: {
        "latitude": 60.3098,
        "longitude": 24.9027,
        "streetAddress": "Tikkurilantie",
        "streetNumber": "146",
        "postalCode": "01530",
        "city": "Vantaa",
        "country": "FI",
    },
    400: {
        "latitude": 60.1489,
        "longitude": 24.8931,
        "streetAddress": "Vattuniemen puistotie",
        "streetNumber": "1",
        "postalCode": "00210",
        "city": "Helsinki",
        "country": "FI",
    },
}
"""The locations of top-level sites, by hundreds; the sites below share the hundreds."""

SITES = (
    SitePlan(1, None, "SUB_CPO", "Northlight Charging", {"timezone": "Europe/Helsinki", "externalId": "NLC"}),
    SitePlan(
        100,
        1,
        "SITE",
        "Merituuli housing company",
        {**BUILDINGS[100], "publicName": "Merituuli", "externalId": "NLC-HKI-01", "payerId": 5100, "costId": "4100"},
    ),
    SitePlan(110, 100, "SUB_SITE", "Garage P1", {"area": "Jätkäsaari"}),
    SitePlan(111, 110, "CIRCUIT", "P1 circuit A", {}, "HKI-P1A", "Zaptec Pro", 14),
    SitePlan(112, 110, "CIRCUIT", "P1 circuit B", {}, "HKI-P1B", "Zaptec Pro", 12),
    SitePlan(120, 100, "SUB_SITE", "Garage P2", {"area": "Jätkäsaari"}),
    SitePlan(121, 120, "CIRCUIT", "P2 circuit A", {}, "HKI-P2A", "Zaptec Pro", 10),
    SitePlan(130, 100, "SUB_SITE", "Courtyard", {"publicName": "Merituuli guests"}, "HKI-YARD", "Alfen Eve Double", 3),
    SitePlan(
        200,
        1,
        "SITE",
        "Keilaranta campus",
        {**BUILDINGS[200], "publicName": "Keilaranta", "externalId": "NLC-ESP-01", "payerId": 5200, "costId": "4200"},
    ),
    SitePlan(210, 200, "SUB_SITE", "North garage", {}),
    SitePlan(211, 210, "SUB_SITE", "Level -1", {}, "ESP-G1", "Easee Charge Pro", 12),
    SitePlan(212, 210, "SUB_SITE", "Level -2", {}, "ESP-G2", "Easee Charge Pro", 12),
    SitePlan(
        220, 200, "SUB_SITE", "Visitor parking", {"publicName": "Keilaranta visitors"}, "ESP-VIS", "Alfen Eve Double", 4
    ),
    SitePlan(230, 200, "SUB_SITE", "Pool cars", {"costId": "4230", "costName": "Pool cars"}, "ESP-POOL", "ABB AC", 3),
    SitePlan(
        300,
        1,
        "SITE",
        "Viinikkala depot",
        {**BUILDINGS[300], "externalId": "NLC-VNT-01", "payerId": 5300, "costId": "4300", "paymentRecipientId": 77},
    ),
    SitePlan(310, 300, "SUB_SITE", "Van yard", {}),
    SitePlan(311, 310, "CIRCUIT", "Van yard circuit 1", {}, "VNT-V1", "Alfen Eve Single", 8),
    SitePlan(312, 310, "CIRCUIT", "Van yard circuit 2", {}, "VNT-V2", "Alfen Eve Single", 8),
    SitePlan(320, 300, "SUB_SITE", "DC hall", {}),
    SitePlan(321, 320, "CIRCUIT", "DC power unit 1", {}, "VNT-DC1", "Kempower Satellite", 4),
    SitePlan(322, 320, "CIRCUIT", "DC power unit 2", {}, "VNT-DC2", "ABB DC", 2),
    SitePlan(330, 300, "SUB_SITE", "Staff parking", {}, "VNT-STAFF", "ABB AC", 4),
    SitePlan(400, 1, "SITE", "Vattuniemi harbour", {**BUILDINGS[400], "externalId": "NLC-HKI-02", "costId": "4400"}),
    SitePlan(410, 400, "SUB_SITE", "Guest pier", {"publicName": "Vattuniemi pier"}, "HKI-PIER", "ABB AC", 2),
    SitePlan(420, 400, "SUB_SITE", "Boatyard", {}, "HKI-BOAT", "Alfen Eve Single", 2),
)


def _type2(number: int, name: str, *, cable: bool = False) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "type": "IEC_62196_T2",
        "format": "CABLE" if cable else "SOCKET",
        "socketPowerType": "AC_3_PHASE",
        "maxWatts": 22_000,
        "maxVoltage": 400,
        "maxAmperage": 32,
        "phaseRotation": ("RST", "STR", "TRS")[number - 1],
    }


def _dc(number: int, name: str, kind: str, watts: int, volts: int, amperes: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "type": kind,
        "format": "CABLE",
        "socketPowerType": "DC",
        "maxWatts": watts,
        "maxVoltage": volts,
        "maxAmperage": amperes,
    }


_AC_CAPABILITIES = ["RFID_READER", "REMOTE_START_STOP_CAPABLE", "CHARGING_PROFILE_CAPABLE"]
_CCS = "IEC_62196_T2_COMBO"

MODELS: dict[str, dict[str, Any]] = {
    "Zaptec Pro": {
        "manufacturer": "Zaptec",
        "chargerModel": "Zaptec Pro",
        "firmwareVersion": "4.3.0.1",
        "capabilities": _AC_CAPABILITIES,
        "sockets": [_type2(1, "Bay")],
    },
    "Easee Charge Pro": {
        "manufacturer": "Easee",
        "chargerModel": "Charge Pro",
        "firmwareVersion": "329",
        "capabilities": _AC_CAPABILITIES,
        "sockets": [_type2(1, "Bay")],
    },
    "Alfen Eve Single": {
        "manufacturer": "Alfen",
        "chargerModel": "Eve Single Pro-line",
        "firmwareVersion": "6.6.0-4223",
        "capabilities": [*_AC_CAPABILITIES, "UNLOCK_CAPABLE"],
        "sockets": [_type2(1, "Bay")],
    },
    "Alfen Eve Double": {
        "manufacturer": "Alfen",
        "chargerModel": "Eve Double Pro-line",
        "firmwareVersion": "6.6.0-4223",
        "capabilities": [*_AC_CAPABILITIES, "UNLOCK_CAPABLE", "RESERVABLE"],
        "splitEvseBySocket": True,
        "sockets": [_type2(1, "Left"), _type2(2, "Right")],
    },
    "ABB AC": {
        "manufacturer": "ABB",
        "chargerModel": "Terra AC W22-T-RD-MC-0",
        "firmwareVersion": "1.8.32",
        "capabilities": _AC_CAPABILITIES,
        "sockets": [_type2(1, "Bay")],
    },
    "ABB DC": {
        "manufacturer": "ABB",
        "chargerModel": "Terra 94 CJ",
        "firmwareVersion": "5.1.1",
        "capabilities": [*_AC_CAPABILITIES, "CONTACTLESS_CARD_SUPPORT"],
        "sockets": [_dc(1, "CCS", _CCS, 90_000, 920, 200), _dc(2, "CHAdeMO", "CHADEMO", 50_000, 500, 125)],
    },
    "Kempower Satellite": {
        "manufacturer": "Kempower",
        "chargerModel": "Satellite S2",
        "firmwareVersion": "2.9.4",
        "capabilities": [*_AC_CAPABILITIES, "CONTACTLESS_CARD_SUPPORT", "START_SESSION_CONNECTOR_REQUIRED"],
        "splitEvseBySocket": True,
        "sockets": [_dc(1, "CCS left", _CCS, 150_000, 920, 400), _dc(2, "CCS right", _CCS, 150_000, 920, 400)],
    },
}

FIRST_NAMES = (
    "Aada Abdi Ahmed Aleksi Amina Anh Anja Antti Arvid Astrid Ayaan Beatriz Camila Chen Daria Dmytro Ebba Eeva Elif "
    "Emil Esa Fatima Freja Giulia Hanna Hassan Helmi Hiroshi Ida Ilkka Ines Iris Jaana Jamal Joonas Juha Kadri Karim "
    "Katya Kofi Kristjan Laila Leena Leila Linh Luca Maija Marek Maryam Mateo Milla Minh Nadia Naoko Niilo Noor Olena "
    "Omar Onni Oona Pedro Petra Pia Rasmus Ravi Reetta Ronja Saara Samuel Sanna Selin Seppo Sofia Tariq Tiina Toomas "
    "Tuuli Uma Valtteri Veera Wei Yara Yusuf Zainab Zofia"
)
LAST_NAMES = (
    "Abdullahi Achterberg Adeyemi Ahonen Alanko Andersen Bergman Bianchi Bondarenko Castillo Dahlberg Demir Diallo "
    "Eklund Eskola Farah Fonseca Forsman Ghosh Haapala Haddad Hakala Harju Hashimoto Hietanen Holm Hosseini Ivanova "
    "Jokinen Kallio Karimi Kask Kivelä Koskela Kowalczyk Kuusela Laine Lepistö Lindholm Lund Mäkelä Malik Mensah "
    "Moilanen Mwangi Nakamura Nevala Niskanen Nordin Nowak Nyman Ojala Osei Paavola Patel Pelkonen Petrenko Pham "
    "Rantala Rebane Rinne Rossi Saarinen Salmi Sandberg Savolainen Shah Silva Sirola Ström Suominen Tamm Toivonen Tran "
    "Turunen Uusitalo Vainio Wang Warsame Westerlund Yılmaz Zhao Öhman"
)
