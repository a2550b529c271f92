"""From a project folder to a package, the zip that is uploaded, and back to a folder that a host runs."""
