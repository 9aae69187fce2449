"""What features that run an encoder share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from engine.feature import Feature, Resources
from operators.models import model_files


@dataclass(frozen=True)
class Encoded(Feature):
    """A feature with a model of transformers, kept beside each unit.

    Args:
        model: a name on the hub, a folder, or a folder's URL.
        pooling: how the vectors of a record's parts become one; "model" is what the model says of itself.
        normalise: to length one.
        dtype: of the model's weights and products.
    """

    model: Annotated[str, Field(min_length=1)] = ""
    pooling: Literal["mean", "cls", "model"] = "model"
    normalise: bool = True
    dtype: Literal["float32", "bfloat16"] = "float32"

    requires: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it sends every record through a model"

    @property
    def resources(self) -> Resources:
        """A core and a model, a GPU where there is one."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether the model can be had."""
        return model_files.obstacle(self.model)

    def identity(self) -> Mapping[str, Any]:
        """The weights."""
        return model_files.identity(self.model)
