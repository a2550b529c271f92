"""funchost runs Azure Functions apps written in Python."""

__version__ = "0.1.0"
