"""Brings chargers in line with the facts: blocks and local authorization lists."""
