"""The words of a text, found once for every metric that counts, compares or repeats them."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.kernels.buffers import strings
from operators.kernels.words import WORDS, split_words, word_array


@dataclass(frozen=True)
class Words(Feature):
    """``words``: for each word of ``text`` a 64-bit hash of its bytes as written, and its start and end in bytes.

    The rule is that of `operators.kernels.words.split_words`: no model, no language. Cost: about 7 ns a byte on one core.

    >>> batch = pa.RecordBatch.from_pydict({"text": ["To be, or not", None]})
    >>> [[(w["start"], w["end"]) for w in words or []] for words in Words().open()(batch)["words"].to_pylist()]
    [[(0, 2), (3, 5), (5, 6), (7, 9), (10, 13)], []]
    """

    reads = ("text",)
    writes = {"words": WORDS}  # noqa: RUF012  (read-only by the type of Feature.writes)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load: the kernel is compiled on its first call and cached on disk."""
        return _words


def _words(batch: pa.RecordBatch) -> Columns:
    texts = strings(batch["text"])
    return {"words": word_array(split_words(texts), texts.valid)}
