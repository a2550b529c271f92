"""Function apps and slots on a server: their settings, versions and deployments."""
