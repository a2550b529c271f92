"""Where state lives: blobs, queues and tables, on whichever store the app is connected to."""
