"""Facts as rows: one module for each kind of entity."""
