"""The embedded store: one SQLite file and large blobs beside it, shared by the hosts of one machine."""
