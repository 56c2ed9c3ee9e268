"""A charger opens its web socket: authentication, refusals, and rivals for one id."""
