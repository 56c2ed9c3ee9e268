"""Imports of files of drivers, for every door that accepts such files.

`plan_and_store` imports one file. `runner` and `worker` do so in a process of its own.
"""
