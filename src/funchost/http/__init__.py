"""How HTTP requests come in: routes, keys, CORS, translation, the admin API."""
