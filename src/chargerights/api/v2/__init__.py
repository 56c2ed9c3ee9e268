"""The management API (API.md section 2): a file for each noun; a route checks, changes or asks, and shows."""

from __future__ import annotations

from . import drivers, tags

routers = [drivers.router, tags.router]
