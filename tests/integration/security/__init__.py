"""Attacks from outside and from inside, and what must stay secret."""
