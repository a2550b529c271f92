"""Faults of hosts, workers and stores while triggers and bindings are at work."""
