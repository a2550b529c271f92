"""What a server remembers: sites, deployments, tokens; secrets are encrypted."""
