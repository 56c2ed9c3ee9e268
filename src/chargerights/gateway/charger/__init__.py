"""The state of a charger that is or was connected to this process."""
