"""The queue service's operations."""
