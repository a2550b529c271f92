"""What a function app is: its files, read and checked. Pure; nothing here starts, listens or writes."""
