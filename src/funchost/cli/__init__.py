"""The `func` command line: one module per command."""
