"""Function apps on a server: what they are, where they run, how requests reach them, how many instances there are."""
