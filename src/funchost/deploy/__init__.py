"""From a project folder to a version that can run: package, dependencies, build, and the client that publishes."""
