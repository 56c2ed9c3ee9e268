"""The v1 wire (API.md sections 1.1 to 1.3): the mission's question and its siblings."""
