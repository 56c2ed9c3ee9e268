"""Safe HTTP to receivers that customers name, and helpers for background tasks."""
