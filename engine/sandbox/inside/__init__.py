"""Runs inside the sandbox: forks one child for every program, bounds it, watches it, and says how it ended.

Started with nothing but the standard library; it imports nothing of the project besides itself. ``__main__`` reads requests
from stdin and writes answers to stdout. What a child writes is counted and cut, never trusted.
"""
