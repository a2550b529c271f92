"""How events come in: one folder per kind of trigger, each with config, listener and event."""
