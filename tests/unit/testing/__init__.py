"""Test support, without processes."""
