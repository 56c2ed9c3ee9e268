"""Drivers with tags and rights as CSV files and workbooks.

Reads, plans and writes such files. Reading copes with what people and programs do to spreadsheets. The other layers
call `drivers_file`. Nothing here stores anything or asks for the time.
"""
