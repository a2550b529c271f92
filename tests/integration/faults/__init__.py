"""Faults over real processes: what a client sees while something goes wrong."""
