"""Microsoft's language worker, without its host: a driver speaks the host's side of its gRPC protocol."""
