"""What of named benchmarks each text repeats, word for word."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.feature import Columns
from operators.benchmark import items
from operators.benchmark.hits import SIZES, sizes_column
from operators.features._against_benchmarks import AgainstBenchmarks
from operators.kernels.buffers import Strings, strings
from operators.kernels.gram_index import GramIndex, Meetings, gram_index, meetings
from operators.kernels.plain_words import PlainWords, plain_words

HITS = pa.list_(
    pa.struct(
        [
            ("benchmark", pa.int32()),
            ("item", pa.int32()),
            ("words", pa.int32()),
            ("of", pa.int32()),
            ("at", pa.int32()),
            ("whole", pa.bool_()),
            ("shared", pa.string()),
        ]
    )
)
_CHUNK_BYTES = 4 << 20
"""Texts are cut into words so much at a time: what is known of the words takes five times the room of the text."""
_SHOWN_BYTES = 120


@dataclass(frozen=True)
class BenchmarkMatch(AgainstBenchmarks):
    """``benchmark_hits``: the items of the benchmarks of which ``content_text`` repeats an n-gram, with the longest run.

    Words are in lower case, without punctuation (`operators.kernels.plain_words`). An item is found where any ``gram`` of its
    words in a row stand in the text; one with fewer words where any ``short`` of them do; one with fewer than that only where
    it is a whole line, or all, of the text. All n-grams of a text are looked up by hash, and every hit is compared word by
    word. N-grams that more than ``common`` items of a benchmark hold say nothing of any of these (instructions, templates) and
    are left out; they are counted, and so are items of which nothing is left.

    A hit has the benchmark's number, the item's row, ``words`` of the longest run in common, ``of`` how many the item has,
    ``at`` which word of the text it begins, ``whole``: whether that is the whole item, ``shared``: its beginning. Of texts
    that repeat themselves the first 16 places where they meet an item are followed. JSON is taken as it stands: where a line
    break is written \\n inside of it, the words beside that are one. Null without a text.
    ``benchmark_sizes`` says what was looked for. Cost: about 110 MB/s a core, whatever the benchmarks' size.

    Args:
        benchmarks: by name, where each is.
        columns: the columns that make up an item's text, a line each; default: all strings that the item has.
        gram, short, common: as above.

    Source: Brown et al. 2020 (arXiv 2005.14165), appendix C, which also looks at 8 to 13 words, by benchmark.
    """

    gram: Annotated[int, Field(ge=2, le=1000)] = 13
    short: Annotated[int, Field(ge=1, le=1000)] = 8
    common: Annotated[int, Field(ge=1)] = 10

    reads: ClassVar[tuple[str, ...]] = ("content_text",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"benchmark_hits": HITS, "benchmark_sizes": SIZES}

    def obstacle(self) -> str | None:
        """What is wrong with the benchmarks, or with the sizes of n-grams."""
        return "short is larger than gram" if self.short > self.gram else super().obstacle()

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Read the benchmarks and index their n-grams."""
        texts = {name: items.texts(path, self.asked(name)) for name, path in self.benchmarks.items()}
        firsts = np.cumsum([0, *map(len, texts.values())])
        every = pa.array([text for of in texts.values() for text in of], pa.large_string())
        owners = np.repeat(np.arange(len(texts)), np.diff(firsts))
        index = gram_index(plain_words(strings(every)), owners, self.gram, self.short, self.common)
        sizes = [_size(index, at, name, firsts[at : at + 2].tolist()) for at, name in enumerate(texts)]
        return lambda batch: _columns(index, owners, firsts, sizes, batch["content_text"])


def _size(index: GramIndex, at: int, name: str, inside: list[int]) -> dict[str, Any]:
    """What a report says of a benchmark."""
    lost = int(index.lost[slice(*inside)].sum())
    common = {"items that cannot be found": lost, "n-grams too common to count": int(index.common[at])}
    return {"name": name, "items": inside[1] - inside[0], **common}


def _columns(
    index: GramIndex, owners: NDArray[np.int64], firsts: NDArray[np.int64], sizes: list[dict[str, Any]], texts: pa.Array
) -> Columns:
    view = strings(texts)
    parts = [_hits(index, owners, firsts, piece) for piece in _pieces(view)]
    counts = np.concatenate([np.zeros(1, np.int64), *(counts for counts, _ in parts)])
    flat = pa.concat_arrays([pa.array([], HITS.value_type), *(flat for _, flat in parts)])
    offsets = pa.array(np.cumsum(counts), pa.int32())
    hits = pa.ListArray.from_arrays(offsets, flat, type=HITS, mask=pa.array(~view.valid))
    return {"benchmark_hits": hits, "benchmark_sizes": sizes_column(sizes, len(texts))}


def _pieces(view: Strings) -> Iterator[Strings]:
    """The texts, about `_CHUNK_BYTES` at a time."""
    cuts = np.unique((view.offsets[:-1] - view.offsets[0]) // _CHUNK_BYTES, return_index=True)[1]
    for start, stop in zip(cuts.tolist(), [*cuts[1:].tolist(), len(view.valid)], strict=True):
        yield Strings(view.offsets[start : stop + 1], view.data, view.valid[start:stop])


def _hits(
    index: GramIndex, owners: NDArray[np.int64], firsts: NDArray[np.int64], texts: Strings
) -> tuple[NDArray[np.int64], pa.Array]:
    """How many hits each text has, and the hits."""
    words = plain_words(texts)
    met = meetings(words, index)
    of = np.diff(index.words.offsets)[met.items]
    owner = owners[met.items]
    fields = [owner, met.items - firsts[owner], met.runs, of, met.ats, met.runs == of]
    arrays = [pa.array(values, kind.type) for values, kind in zip(fields, HITS.value_type, strict=False)]
    shown = pa.array(_shared(words, met), pa.string())
    flat = pa.StructArray.from_arrays([*arrays, shown], fields=list(HITS.value_type))
    return np.bincount(met.texts, minlength=len(texts.valid)), flat


def _shared(words: PlainWords, met: Meetings) -> list[str]:
    """The beginning of the longest run of each meeting."""
    begins = words.starts[words.offsets[met.texts] + met.ats]
    stops = words.ends[words.offsets[met.texts] + met.ats + met.runs - 1]
    stops = np.minimum(stops, begins + _SHOWN_BYTES)
    return [bytes(words.data[a:b]).decode("utf-8", "ignore") for a, b in zip(begins.tolist(), stops.tolist(), strict=True)]
