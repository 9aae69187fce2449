"""Kernels are compiled on their first call, in the middle of whichever example comes first."""

from hypothesis import settings

settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")
