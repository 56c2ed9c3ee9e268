"""Delivery of events to webhooks, and the worker that makes and prunes events."""
