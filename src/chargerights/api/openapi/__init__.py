"""Describes the HTTP API: the committed documents, what builds them, and the page that shows them.

`pages` serves the files `openapi.json` and `swagger.json`. Everything else runs in `make docs` and in tests.
"""
