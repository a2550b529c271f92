"""Test support, with a real host."""
