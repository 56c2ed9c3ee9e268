"""Documents of the HTTP API, their builder, and the page that shows them.

`pages` serves the files `openapi.json` and `swagger.json`. Everything else runs in `make docs` and in tests.
"""
