"""Decisions for chargers: rights, running sessions, remote starts and the customer's partner."""
