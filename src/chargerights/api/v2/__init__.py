"""The management API (API.md section 2): a file for each noun; a route checks, changes or asks, and shows."""

from __future__ import annotations

from . import api_keys, audit_logs, drivers, operators, tags

routers = [drivers.router, tags.router, operators.router, api_keys.router, audit_logs.router]
