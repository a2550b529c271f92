"""Client of storage accounts over HTTP: Azure Storage, Azurite and the front of another funchost."""
