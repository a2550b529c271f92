"""The publishing side: a client of the management calls and of the SCM API, for a server of ours and for Azure."""
