"""Handshakes of chargers: authentication, rejections, and rivals for one id."""
