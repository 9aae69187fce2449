"""How much of the data repeats items of named benchmarks, and how much of these benchmarks is in the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import Dimension, Direction, Modality
from engine.state import Product
from engine.value import Value
from operators.benchmark.hits import hits_state, hits_value, no_hits
from operators.corpus._cells import LEAKS


@dataclass(frozen=True)
class Contamination(Metric[Product]):
    """The share of records that have 13 words in a row of an item of a benchmark (8 of a short item).

    ``records with a hit / records with a text``, by `operators.features.benchmark_match`, whose parameters stand under
    ``[features.benchmark_match]``: which benchmarks, of how many words an n-gram is. Every hit was compared word by word.
    Parts, by benchmark: the share of records, and the share of the benchmark's items that some record repeats, which says what
    a score on it is worth; n-grams that more than ten of its items hold are left out and counted, and so are the items of
    which nothing is left; and the share of records that have all of some item. Skipped: records without a text.

    Copies are found, and so are copies with a word changed here and there: 13 words in a row have to be left of them. What is
    rephrased or translated is not: see `corpus.semantic_overlap`, with the benchmark as reference, and for programs
    `symbolic.ast_contamination`. 0 to 1, lower is better, Wilson interval; shares of items are exact.

    Cost: about 110 MB/s a core, in the pass that reads the data, whatever the number of benchmarks.

    >>> import json
    >>> hit = {"benchmark": 0, "item": 7, "words": 13, "of": 40, "at": 2, "whole": False, "shared": "how many eggs"}
    >>> sizes = pa.array([json.dumps([{"name": "gsm8k", "items": 1319}])] * 2).dictionary_encode()
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "benchmark_hits": [[hit], []], "benchmark_sizes": sizes})
    >>> value = Contamination().value(Contamination().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'gsm8k, item 7: 13 of its 40 words, from word 2 on: how many eggs')

    Source: Brown et al. 2020 (arXiv 2005.14165), appendix C.
    """

    dimension: ClassVar[Mapping[Modality, Dimension]] = LEAKS
    reads: ClassVar[tuple[str, ...]] = ("benchmark_hits", "benchmark_sizes")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2005.14165, appendix C"

    def zero(self) -> Product:
        """No records yet."""
        return no_hits()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count records and items with a hit; the records with the longest runs are evidence."""
        return hits_state(batch, self.reads, "words", _note, {"no text": batch["benchmark_hits"].null_count})

    def value(self, state: Product) -> Value:
        """The share of records, and by benchmark."""
        return hits_value(state, "no record has a text")


def _note(hit: Mapping[str, Any], benchmark: str) -> str:
    run = f"{hit['words']:,} of its {hit['of']:,} words, from word {hit['at']:,} on"
    return f"{benchmark}, item {hit['item']:,}: {run}: {masked(hit['shared'])}"
