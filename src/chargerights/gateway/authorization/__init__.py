"""Authorizations: rights, active sessions, remote starts and the partner."""
