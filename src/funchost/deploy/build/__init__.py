"""From an uploaded package to a version that can run, in a process of its own that is limited and can be killed."""
