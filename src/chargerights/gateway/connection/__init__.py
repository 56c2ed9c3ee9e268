"""One charger's web socket: reading, answering, and calling in turn."""
