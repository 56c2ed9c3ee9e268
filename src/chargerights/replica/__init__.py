"""Customers' networks in memory: the latest revision, past ones, and dry runs."""
