"""The rounds of `operators.relations.near_groups`, a file each."""
