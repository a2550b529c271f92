"""The host instances of each site: started, replaced, switched over, drained."""
