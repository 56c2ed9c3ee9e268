"""The management API (API.md section 2): a file for each noun; a route checks, changes or asks, and shows."""

from __future__ import annotations

from . import (
    access_groups,
    api_keys,
    audit_logs,
    authorized_drivers,
    charger_blocks,
    charger_commands,
    chargers,
    charging,
    driver_access,
    drivers,
    events,
    exports,
    imports,
    local_lists,
    operators,
    partner_authorisation,
    personal_data,
    reports,
    rights,
    sites,
    tags,
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
    rights.bulk,
    rights.router,
    charging.router,
    imports.router,
    exports.router,
    charger_commands.router,
    charger_blocks.router,
    local_lists.router,
    partner_authorisation.router,
    reports.router,
    personal_data.router,
    events.router,
    webhooks.router,
    operators.router,
    api_keys.router,
    audit_logs.router,
]
