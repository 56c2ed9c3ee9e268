"""The scene of the webhooks' tests: a receiver, and the client that calls it."""

from tests.webhooks.conftest import scene, short_logs, sqlite_scene

__all__ = ["scene", "short_logs", "sqlite_scene"]
