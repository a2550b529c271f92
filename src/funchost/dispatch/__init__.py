"""One invocation from trigger to result: deadline, retries, worker, log lines."""
