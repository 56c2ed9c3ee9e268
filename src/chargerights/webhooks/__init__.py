"""What goes out: events to the webhooks that customers have set up, and the clockwork that makes and prunes events."""
