"""The management API (API.md section 2): a file for each noun; a route checks, changes or asks, and shows."""

from __future__ import annotations

from . import (
    access_groups,
    authorized_drivers,
    chargers,
    charging,
    driver_access,
    drivers,
    local_lists,
    partner_authorisation,
    rights,
    sites,
    tags,
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
    local_lists.router,
    partner_authorisation.router,
]
