"""What goes in and out around a call: input and output bindings, one module per kind."""
