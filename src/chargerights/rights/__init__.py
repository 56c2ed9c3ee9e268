"""Access rights: who may charge where, decided from facts and an instant.

Pure: the standard library and pyroaring, no I/O, no clock. Time is always an argument.
"""
