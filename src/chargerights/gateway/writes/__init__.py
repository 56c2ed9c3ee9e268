"""Messages of chargers on their way to the database: batches, and a spool on disk."""
