"""The door for programs: JSON over HTTP.

A route parses, asks one or two functions, prints.
"""
