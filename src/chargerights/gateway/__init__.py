"""Serves chargers that speak OCPP 1.6, 2.0.1 and 2.1 over web sockets.

endpoint           ASGI: `/ocpp/{chargerId}`, from handshake to disconnect
handshake          authentication, rejected handshakes, rivals for one id
gateway            the chargers of this process, and the tasks beside them
customer_runtime   what one customer's chargers share
following          keeps the network and what belongs to it as new as the database
ports              what a charger, its connection and its customer may ask of one another
connection         one web socket: calls to and from the charger, in turn
charger            the state of a connected charger
messages           handlers of the messages of each version
authorization      decides whether a tag may charge, and keeps the answer
active_sessions    which tags are in a session
partner_client     asks a partner about unknown tags
commands           performs operators' commands at a charger
command_dispatch   sends commands from node to node
reconcile          brings availability and local lists in step with the rights
writes             batches for the database, and the spool while it is down
ocpp               frames, schemas and words of each version
"""
