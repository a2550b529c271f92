"""Placement: where host instances run."""
