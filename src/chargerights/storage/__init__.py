"""What is remembered: all SQL, and nothing else.

Functions take an open `Connection` and a customer id and run inside the caller's transaction; `database`
opens them, on SQLite and PostgreSQL alike. Time comes in as an argument.
"""
