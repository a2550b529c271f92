"""The gateway: takes every request to the server and passes those to function apps on to an instance."""
