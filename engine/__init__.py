"""The engine: everything that moves, merges, stores and reports, and that knows no metric."""

__version__ = "0.1.0"
