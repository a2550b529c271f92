from funchost.testing.plugin import function_app

__all__ = ["function_app"]
