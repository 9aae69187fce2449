"""Personal data in texts: what it looks like, what proves it, and where it stands."""
