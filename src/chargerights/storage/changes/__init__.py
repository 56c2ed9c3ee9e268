"""Changes of entities: functions that work on an open revision.

They refuse what contradicts the other entities:

    await database.write(revisions.make, customer_id, context, rights.grant, driver_id, place)

Changes are checked here against the rows of the same transaction. Values that are invalid alone are refused where they
are made (`rights.model`, `rights.identifiers`).
"""
