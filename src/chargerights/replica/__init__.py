"""Customers' networks in memory: the latest revision, the past, and changes that are only tried."""
