"""Storage of chargers' live state, sessions, energy, decisions and commands."""
