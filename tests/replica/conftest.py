"""The databases and customers of storage's tests, for what is read from them into memory."""

from tests.storage.conftest import customer, database, database_url, shared_database, shared_url

__all__ = ["customer", "database", "database_url", "shared_database", "shared_url"]
