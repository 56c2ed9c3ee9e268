"""The published contract of v1: operations, schemas and examples."""
