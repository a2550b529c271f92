"""The store as the Azure Blob, Queue and Table REST services, for SDKs and tools."""
