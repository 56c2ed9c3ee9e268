"""Reconciles chargers with the rights: blocks, and local authorization lists."""
