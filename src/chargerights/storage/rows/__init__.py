"""Entities in rows: a module for each type."""
