"""Named benchmarks that the data is held against: their items, and what of them a text or a program repeats."""
