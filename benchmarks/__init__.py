"""The quality bars, measured in one run against other servers. `scripts/bench` is the way in."""
