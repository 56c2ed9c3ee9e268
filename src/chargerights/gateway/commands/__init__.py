"""Operators' commands, at the node that holds the charger's socket."""
