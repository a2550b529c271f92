"""Who runs it all: start, ready, reload, drain, stop."""
