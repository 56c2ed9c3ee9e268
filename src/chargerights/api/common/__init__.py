"""Authentication, bodies, errors, rate limits and state, which v1 and v2 share."""
