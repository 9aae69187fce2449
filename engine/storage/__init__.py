"""Files wherever they are, over fsspec: what opens them, what waits out what passes, and how they are named without secrets."""
