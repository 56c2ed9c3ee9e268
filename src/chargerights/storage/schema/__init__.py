"""The tables.

Every table has `customer_id`, every key begins with it, and every transaction stays within one customer. Only
`charger_owners` (charger id → customer) is looked up across customers.

The schema is portable on purpose: no triggers, no sequence except that of customers, no database-specific types. Import
`metadata` from here, so that it has all tables.
"""

from __future__ import annotations

from .callers import api_keys, customers, idempotency_keys, operators
from .charger_reports import charger_reports
from .charging import (
    authorisations,
    charger_passwords,
    charging_settings,
    live_nodes,
    meter_values,
    sessions,
    set_aside,
)
from .columns import metadata
from .commands import charger_commands
from .events import event_clocks, events, webhooks
from .facts import (
    access_group_chargers,
    access_groups,
    charger_owners,
    chargers,
    connectors,
    driver_external_ids,
    drivers,
    rights,
    sites,
    tags,
)
from .imports import imports
from .journal import journal, journal_changes, journal_personal
from .live import live_chargers, live_versions
from .local_lists import local_lists, partner_authorisations
from .out_of_use import out_of_use

__all__ = [
    "access_group_chargers",
    "access_groups",
    "api_keys",
    "authorisations",
    "charger_commands",
    "charger_owners",
    "charger_passwords",
    "charger_reports",
    "chargers",
    "charging_settings",
    "connectors",
    "customers",
    "driver_external_ids",
    "drivers",
    "event_clocks",
    "events",
    "idempotency_keys",
    "imports",
    "journal",
    "journal_changes",
    "journal_personal",
    "live_chargers",
    "live_nodes",
    "live_versions",
    "local_lists",
    "metadata",
    "meter_values",
    "operators",
    "out_of_use",
    "partner_authorisations",
    "rights",
    "sessions",
    "set_aside",
    "sites",
    "tags",
    "webhooks",
]
