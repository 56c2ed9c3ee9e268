"""What doors change: each function works on a revision that is open, and refuses what contradicts the facts.

    await database.write(journal.make, customer_id, rights.grant, driver_id, place, at=…, actor=…, action="right.grant")

What is written is checked here against the rows of the same transaction; what needs no other facts to see is checked
where the value is made (`rights.model`, `rights.identifiers`).
"""
