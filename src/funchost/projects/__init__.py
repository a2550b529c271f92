"""What a project consists of: the files of a new one, the templates of functions, and how they get into its code."""
