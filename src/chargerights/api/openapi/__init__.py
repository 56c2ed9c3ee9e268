"""What the HTTP interface says of itself: the wire's objects, each operation, OpenAPI 3.1, Swagger 2.0, the page.

Nothing here runs for an answer. The routes take their descriptions from `descriptions`; `pages` serves the documents.
"""
