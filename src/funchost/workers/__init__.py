"""Who executes functions: the worker processes, the wire to them, and the pool that spreads calls over them."""
