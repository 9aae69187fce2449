"""What is written in a record's pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from shutil import which
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from PIL import Image
from pydantic import Field

from engine.errors import PlanError
from engine.feature import Columns, Feature, Resources
from operators import plugged
from operators.kernels import pictures

Reader = Callable[[Sequence[Image.Image]], Any]
_MOST = 100_000
"""Characters kept of a record."""
_SECONDS = 60


@dataclass(frozen=True)
class PictureText(Feature):
    """``picture_text``: the text that a reader finds in ``stills``, a line each; null where a record has no picture that
    decodes.

    Args:
        reader: "" for Tesseract by pytesseract, where both are installed; or a function "package.module:function" from a list
            of pictures (PIL, RGB) to as many texts. A picture that takes Tesseract a minute has no text.
        most_side: pictures are scaled down to it.

    Source: METRICS 7.5; Smith 2007 (Tesseract).
    """

    reader: str = ""
    most_side: Annotated[int, Field(ge=64)] = 2048
    max_pixels: Annotated[int, Field(ge=1)] = pictures.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("stills",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"picture_text": pa.string()}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it reads every picture for text, by a reader that the plan must name or Tesseract"

    @property
    def resources(self) -> Resources:
        """A core, and maybe a model."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether the reader can be had."""
        if self.reader:
            return plugged.obstacle(self.reader)
        there = find_spec("pytesseract") is not None and which("tesseract") is not None
        hint = 'install tesseract and pytesseract, or give reader = "package.module:function"'
        return None if there else f"needs a reader of text in pictures: {hint}"

    def identity(self) -> Mapping[str, Any]:
        """The function's source, or Tesseract's version."""
        return plugged.identity(self.reader) if self.reader else {"reader": f"tesseract {_version()}"}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Import the reader.

        Raises:
            PlanError: when Tesseract has no data of English.
        """
        if not self.reader:
            _check_data()
        read: Reader = plugged.plugged(self.reader) if self.reader else _tesseract
        return lambda batch: {"picture_text": pa.array([self._text(read, row) for row in batch["stills"]], pa.string())}

    def _text(self, read: Reader, record: pa.Scalar) -> str | None:
        opened = (
            pictures.upright(still.as_buffer(), self.max_pixels, self.most_side)
            for still in (record.values if record.is_valid else ())
            if still.is_valid
        )
        shown = [image for image in opened if image is not None]
        return "\n".join(str(text) for text in read(shown))[:_MOST] if shown else None


def _check_data() -> None:
    import pytesseract

    if "eng" not in pytesseract.get_languages():
        raise PlanError("Tesseract has no data of English: install its package tesseract-ocr-eng, or set TESSDATA_PREFIX")


def _version() -> str:
    import pytesseract

    return str(pytesseract.get_tesseract_version())


def _tesseract(images: Sequence[Image.Image]) -> list[str]:
    return [_read(image) for image in images]


def _read(image: Image.Image) -> str:
    import pytesseract

    try:
        return str(pytesseract.image_to_string(image, timeout=_SECONDS)).strip()
    except RuntimeError:  # it took too long, or Tesseract failed at this picture
        return ""
