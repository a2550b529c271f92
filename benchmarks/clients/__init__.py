"""Clients of a storage service, each a process of its own that does on its standard input what it is told."""
