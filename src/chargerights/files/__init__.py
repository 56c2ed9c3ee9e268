"""Files: network files in JSON, and spreadsheets of drivers.

Reads, checks, writes and describes such files. Stores nothing and never asks for the time. The other layers call
`network_file` and `spreadsheets.drivers_file`.
"""
