"""A sandbox for programs that nobody read: what the kernel offers, a warm interpreter inside, a fork for every program.

``worker`` starts a `Sandbox` and talks to it; ``inside`` is the package that runs inside; ``policy`` is the filter of system
calls; ``facilities`` says what this machine offers.
"""

from engine.sandbox.facilities import Facilities, facilities
from engine.sandbox.worker import Block, Limits, Run, Sandbox

__all__ = ["Block", "Facilities", "Limits", "Run", "Sandbox", "facilities"]
