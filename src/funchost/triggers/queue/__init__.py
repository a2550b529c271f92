"""Queue trigger: one invocation for each message of a storage queue."""
