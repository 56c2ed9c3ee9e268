"""What chargers report and are sent: live state, sessions, energy, decisions, commands."""
