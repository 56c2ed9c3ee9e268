"""What chargers say: the actions of OCPP 1.6, 2.0.1 and 2.1, and how their values are read."""
