"""Operators' commands to chargers, from the process that was asked to the charger's socket."""
