"""Management calls: subscriptions, sites, slots, settings, functions and keys."""
