"""Storage: all SQL, and nothing else.

Functions take an open `Connection` and a customer id, and run in the caller's transaction. `database` opens
connections, on SQLite and PostgreSQL alike. Time is an argument.
"""
