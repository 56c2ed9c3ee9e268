"""The management API (API.md section 2): a file for each noun; a route checks, changes or asks, and shows."""

from __future__ import annotations

from . import authorized_drivers, charging, driver_access, drivers, rights, tags

routers = [
    drivers.router,
    driver_access.router,
    authorized_drivers.router,
    tags.router,
    rights.bulk,
    rights.router,
    charging.router,
]
