"""The Table service's REST operations on an embedded store."""
