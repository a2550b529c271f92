"""The blob service: containers, block and append blobs, leases, copies, batches."""
