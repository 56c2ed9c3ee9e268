"""Drivers with their tags and rights as CSV and Excel: read with all the mess of spreadsheets, planned, written.

`drivers_file` is what the other layers call. Nothing here stores anything or asks a clock.
"""
