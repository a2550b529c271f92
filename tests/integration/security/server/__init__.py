"""`func server start` under attack."""
