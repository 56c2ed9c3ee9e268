"""What v1 and v2 share: authentication, bodies, errors, rate limits and the state of the process."""
