"""The door for files: a customer's whole network as one JSON file.

Reads, checks, writes and describes such files; stores nothing and asks no clock. `network_file` is what
the other layers call.
"""
