"""One charger's web socket: OCPP-J frames, the official schemas, and whose turn it is to call."""
