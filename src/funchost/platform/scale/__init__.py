"""How many host instances a site has: rules, samples, and the controller that applies them."""
