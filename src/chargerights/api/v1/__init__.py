"""Version 1 of the HTTP API: drivers of sites and chargers, and the tree of sites."""
