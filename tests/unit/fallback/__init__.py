"""The stand-in for azure-functions, next to the real library of this environment."""
