"""What features that run a dataset's programs share."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from engine.feature import Feature
from engine.sandbox import Limits, Sandbox, facilities


@dataclass(frozen=True)
class Sandboxed(Feature):
    """A feature that runs programs in a sandbox, one after the other; its columns are kept beside each unit.

    Args:
        packages: whether the packages installed beside the auditor can be imported.
        cpu_seconds: of one program; twice that on the clock.
        memory_mb: of address space of one program.
        allow_unsandboxed: run even where nothing contains the programs: they may then do whatever the auditor's user may.
    """

    packages: bool = False
    cpu_seconds: Annotated[int, Field(ge=1, le=600)] = 5
    memory_mb: Annotated[int, Field(ge=64, le=1 << 16)] = 512
    allow_unsandboxed: bool = False

    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it runs the programs of the data"

    def obstacle(self) -> str | None:
        """Whether programs can be contained here."""
        obstacle = facilities().obstacle()
        if obstacle is None or self.allow_unsandboxed:
            return None
        return f"{obstacle}; on a machine that nothing else depends on, set allow_unsandboxed = true"

    def identity(self) -> Mapping[str, Any]:
        """The interpreter."""
        return {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}

    def sandbox(self) -> Sandbox:
        """A sandbox that lives as long as the worker."""
        return Sandbox(packages=self.packages, unsandboxed=self.allow_unsandboxed)

    def limits(self) -> Limits:
        """Of one program."""
        return Limits(self.cpu_seconds, 2.0 * self.cpu_seconds, self.memory_mb << 20)
