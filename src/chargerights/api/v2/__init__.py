"""The management API (API.md section 2): a file for each noun.

A route checks, changes or asks, and shows.
"""

from __future__ import annotations

from . import (
    access_groups,
    api_keys,
    audit_logs,
    authorizations,
    authorized_drivers,
    bulk_rights,
    charger_blocks,
    charger_commands,
    charger_connections,
    charger_passwords,
    charger_reports,
    chargers,
    driver_access,
    drivers,
    events,
    exports,
    imports,
    local_lists,
    operators,
    partner_authorization,
    personal_data,
    reports,
    rights,
    sessions,
    sites,
    tags,
    unmatched_stops,
    webhooks,
)

routers = [
    sites.router,  # before what asks below a site: its external ids may hold slashes
    chargers.router,
    drivers.router,
    driver_access.router,
    authorized_drivers.router,
    tags.router,
    access_groups.router,
    bulk_rights.router,
    rights.router,
    authorizations.router,
    sessions.router,
    unmatched_stops.router,
    charger_passwords.router,
    imports.router,
    exports.router,
    charger_commands.router,
    charger_blocks.router,
    charger_connections.router,
    charger_reports.router,
    local_lists.router,
    partner_authorization.router,
    reports.router,
    personal_data.router,
    events.router,
    webhooks.router,
    operators.router,
    api_keys.router,
    audit_logs.router,
]
