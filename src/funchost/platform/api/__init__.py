"""The management API (`arm`) and the SCM API (`scm`) of a server, in the shapes that Azure's clients expect."""
