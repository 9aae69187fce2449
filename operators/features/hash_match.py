"""Whether a record's files stand on a list of hashes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.errors import PlanError
from engine.feature import Columns, Feature
from engine.storage.files import content, is_file
from engine.storage.names import redact
from operators.kernels import pictures
from operators.kernels.perceptual import PDQ_QUALITY, pdq

STRUCT = pa.struct([("md5", pa.bool_()), ("distance", pa.int32())])
_BLOCK = 1 << 18
_MOST_BYTES = 4 << 30


@dataclass(frozen=True)
class HashMatch(Feature):
    """``hash_match``: of the image, else of the clip, whether the MD5 of its bytes is on a list (``md5``, null without a list),
    and the least Hamming ``distance`` of its PDQ to one on a list, of the image or any frame (null without a list, or a hash).

    Lists are files of one hash in hex a line, as exchanges of hashes give them; of lines with commas the first field that is
    one counts. Pictures of a PDQ quality under 50 are not compared. Cost: MD5 of the bytes; PDQ, and 26 ms a million listed
    hashes.

    Args:
        md5: a file of MD5 hashes, "" for none.
        pdq: a file of PDQ hashes, "" for none.
        quality: of PDQ, the least.

    Source: METRICS 7.5; Facebook 2019 (PDQ), section 5 (matching at a distance of 31).
    """

    md5: str = ""
    pdq: str = ""
    quality: Annotated[int, Field(ge=0, le=100)] = PDQ_QUALITY
    max_pixels: Annotated[int, Field(ge=1)] = pictures.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("stills",)
    may_read: ClassVar[tuple[str, ...]] = ("image", "video")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"hash_match": STRUCT}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = 'it compares with lists of hashes that the plan must name: md5 = "FILE" or pdq = "FILE"'

    def obstacle(self) -> str | None:
        """Whether there is a list, and it can be read."""
        given = [path for path in (self.md5, self.pdq) if path]
        if not given:
            return 'needs a list of hashes in [features.hash_match]: md5 = "FILE" or pdq = "FILE"'
        missing = [path for path in given if not is_file(path)]
        return f"there is no file {redact(missing[0])}: give the path of a list of hashes" if missing else None

    def identity(self) -> Mapping[str, Any]:
        """The lists."""
        paths = {"md5": self.md5, "pdq": self.pdq}
        return {name: hashlib.sha256(content(path, _MOST_BYTES)).hexdigest()[:16] for name, path in paths.items() if path}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Read the lists."""
        exact = set(listed(self.md5, 32)) if self.md5 else None
        near = np.array([list(bytes.fromhex(one)) for one in listed(self.pdq, 64)], np.uint8) if self.pdq else None
        words = None if near is None else near.reshape(-1, 32).view(np.uint64)
        return lambda batch: {"hash_match": self._column(batch, exact, words)}

    def _column(self, batch: pa.RecordBatch, exact: set[str] | None, words: NDArray[np.uint64] | None) -> pa.Array:
        nothing = pa.nulls(batch.num_rows, pa.binary())
        images, videos = (batch[name] if name in batch.schema.names else nothing for name in self.may_read)
        rows: list[dict[str, Any] | None] = []
        for image, video, stills in zip(images, videos, batch["stills"], strict=True):
            file = image if image.is_valid else video
            if not file.is_valid:
                rows.append(None)
                continue
            digest = hashlib.md5(file.as_buffer(), usedforsecurity=False).hexdigest() if exact is not None else ""
            distance = None if words is None or not stills.is_valid else self._distance(stills, words)
            rows.append({"md5": None if exact is None else digest in exact, "distance": distance})
        return pa.array(rows, STRUCT)

    def _distance(self, stills: pa.Scalar, words: NDArray[np.uint64]) -> int | None:
        opened = (pictures.upright(still.as_buffer(), self.max_pixels) for still in stills.values if still.is_valid)
        hashed = [pdq(image) for image in opened if image is not None]
        found = [_nearest(one, words) for one, quality in hashed if quality >= self.quality]
        return min(found, default=None)


def listed(path: str, letters: int) -> list[str]:
    """The hashes of a list, in lower case.

    Raises:
        PlanError: for a list without any.
    """
    fields = (line.split(",") for line in content(path, _MOST_BYTES).decode("utf-8", "replace").lower().splitlines())
    hashes = [next((one.strip() for one in row if _is_hex(one.strip(), letters)), "") for row in fields]
    found = [one for one in hashes if one]
    if not found:
        raise PlanError(f"{redact(path)} has no line with a hash of {letters} hex digits")
    return found


def _is_hex(text: str, letters: int) -> bool:
    return len(text) == letters and all(letter in "0123456789abcdef" for letter in text)


def _nearest(hashed: bytes, words: NDArray[np.uint64]) -> int:
    own = np.frombuffer(hashed, np.uint64)
    parts = (words[at : at + _BLOCK] for at in range(0, len(words), _BLOCK))
    return min(int(np.bitwise_count(part ^ own).sum(1, dtype=np.int64).min()) for part in parts)
