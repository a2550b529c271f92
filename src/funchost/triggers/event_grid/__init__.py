"""Event Grid trigger: events that a topic delivers to the host's webhook."""
