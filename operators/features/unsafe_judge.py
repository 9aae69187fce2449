"""What a judge finds unsafe in a record, in fourteen dimensions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from PIL import Image
from pydantic import Field

from engine.feature import Columns, Feature, Resources
from operators import plugged
from operators.kernels import pictures

DIMENSIONS = (
    "pornography",
    "borderline_pornography",
    "violence",
    "gore",
    "disturbing_content",
    "public_figures",
    "discrimination",
    "political_sensitivity",
    "copyright_and_trademark",
    "illegal_activities",
    "misinformation",
    "sequential_action",
    "dynamic_variation",
    "coherent_context",
)
"""Those of T2VSafetyBench; the last three are about clips."""
STRUCT = pa.struct([(name, pa.bool_()) for name in DIMENSIONS])
_SHOWN = 200


@dataclass(frozen=True)
class UnsafeJudge(Feature):
    """``unsafe``: for each of 14 dimensions whether a judge finds a record unsafe, null where the judge does not say; and
    ``unsafe_error``, what went wrong with the judge.

    The judge is a function of the user's own. It is given a list of ``{"stills": [PIL images], "caption": text or None}`` and
    returns as many mappings from a dimension to True or False, or to None where it cannot say; a dimension that it leaves out
    it does not say anything of. Whatever it raises, or gives that is none of these, is an error of the judge: that is neither
    safe nor unsafe. Null where a record has no picture that decodes and no caption.

    Args:
        judge: "package.module:function" (`operators.plugged`).
        batch: records that the function is given at once.
        side: pictures are scaled down to it.

    Source: Miao et al. 2024 (T2VSafetyBench), section 3; METRICS 7.5.
    """

    judge: str = ""
    batch: Annotated[int, Field(ge=1, le=1024)] = 8
    side: Annotated[int, Field(ge=16)] = 1024
    max_pixels: Annotated[int, Field(ge=1)] = pictures.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("stills",)
    may_read: ClassVar[tuple[str, ...]] = ("caption",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"unsafe": STRUCT, "unsafe_error": pa.string()}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it gives every record to a judge, which the plan must name"

    @property
    def resources(self) -> Resources:
        """A core, and whatever the judge needs."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether a judge is named and can be had."""
        if not self.judge:
            return 'needs [features.unsafe_judge] in the plan: judge = "package.module:function"'
        return plugged.obstacle(self.judge)

    def identity(self) -> Mapping[str, Any]:
        """The function's source."""
        return plugged.identity(self.judge)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Import the judge."""
        judge = plugged.plugged(self.judge)
        return lambda batch: self._columns(judge, batch)

    def _columns(self, judge: Callable[..., Any], batch: pa.RecordBatch) -> Columns:
        captions = batch["caption"].to_pylist() if "caption" in batch.schema.names else [None] * batch.num_rows
        tasks = [
            {"stills": self._shown(stills), "caption": caption}
            for stills, caption in zip(batch["stills"], captions, strict=True)
        ]
        rows = [row for row, task in enumerate(tasks) if task["stills"] or task["caption"]]
        verdicts: list[dict[str, bool | None] | None] = [None] * len(tasks)
        errors: list[str | None] = [None] * len(tasks)
        for start in range(0, len(rows), self.batch):
            some = rows[start : start + self.batch]
            for row, answer in zip(some, _asked(judge, [tasks[row] for row in some]), strict=True):
                verdicts[row], errors[row] = _read(answer)
        return {"unsafe": pa.array(verdicts, STRUCT), "unsafe_error": pa.array(errors, pa.string())}

    def _shown(self, stills: pa.Scalar) -> list[Image.Image]:
        if not stills.is_valid:
            return []
        opened = (pictures.upright(one.as_buffer(), self.max_pixels, self.side) for one in stills.values if one.is_valid)
        return [image for image in opened if image is not None]


def _asked(judge: Callable[..., Any], tasks: list[dict[str, Any]]) -> Sequence[Any]:
    """An answer to each task; where the judge fails, its error for each."""
    try:
        answers = list(judge(tasks))
    except Exception as error:  # a judge is somebody's service: it fails as it likes, and no record is to blame
        return [error] * len(tasks)
    if len(answers) != len(tasks):
        return [ValueError(f"{len(answers)} answers to {len(tasks)} records")] * len(tasks)
    return answers


def _read(answer: Any) -> tuple[dict[str, bool | None], str | None]:
    """The verdicts, and what was wrong with the answer."""
    if isinstance(answer, Exception):
        return dict.fromkeys(DIMENSIONS), f"{type(answer).__name__}: {answer}"[:_SHOWN]
    if not isinstance(answer, Mapping):
        return dict.fromkeys(DIMENSIONS), f"an answer that is no mapping: {type(answer).__name__}"
    said = {name: answer.get(name) for name in DIMENSIONS}
    wrong = [name for name, one in said.items() if one is not None and not isinstance(one, bool)]
    unknown = [str(name) for name in answer if name not in DIMENSIONS]
    fault = f"no True or False for {wrong[0]}" if wrong else f"no such dimension: {unknown[0][:60]}" if unknown else None
    return {name: one if isinstance(one, bool) else None for name, one in said.items()}, fault
