"""Whether documents are judged alike however they are written."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Value
from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.hashing import mix
from operators.kernels.json_syntax import check
from operators.semistructured._documents import MAX_DEPTH, Documents, drawn_only, sampled_of, skipped_of, value_cells
from operators.semistructured._rewriting import BENIGN, parsed


@dataclass(frozen=True)
class Invariance(Documents, Metric[Product]):
    """The share of rewritten documents that come to the same verdict, paths, kinds and values as they were.

    Each of ``sampled`` distinct documents, drawn by hash, is written in four other ways that mean the same: its keys in
    reverse, white space between all tokens, its numbers spelt otherwise (1 as 1.0, 2.50 as 250e-2), every character of its
    strings escaped. The verdict is that of `semistructured.strict_json`; paths, kinds and values (in the buckets of
    `semistructured.path_distribution`) are those that all metrics on JSON work from. Parts: the share for each way; and
    ``canonical``, the share of documents whose canonical form by RFC 8785 is its own canonical form and has the same paths
    and kinds (documents with whole numbers beyond 2**53, or beyond a float64, have none and are left out).

    Less than 1 means that numbers about this data depend on who wrote it down. Skipped: null, documents that are not strict
    JSON, those of more than 262,144 values, and of more than 8 kB (``too long to be sampled``).

    0 to 1, higher is better, Wilson interval over pairs of document and way. Cost: that of
    `semistructured.path_distribution`, shared with it, and a second for the rewriting.

    >>> columns = {"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "json": ['{"a": 1.50, "b": [1e2]}', '"x"']}
    >>> value = Invariance().value(Invariance().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.n, value.parts["canonical"].value
    (1.0, 8, 1.0)

    Source: Chen et al. 1998 (metamorphic testing); RFC 8785.
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    requires: ClassVar[tuple[str, ...]] = ("rfc8785",)
    unit: ClassVar[str] = "share of rewritten documents"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Chen et al. 1998; RFC 8785"

    def value(self, state: Product) -> Value:
        """The share of rewritten documents that are judged alike."""
        documents, _, _ = sampled_of(state)
        skipped = dict(skipped_of(state))
        if state["seen"]["too long"]:
            skipped["too long to be sampled"] = state["seen"]["too long"]
        if not documents:
            return Value.missing("no record has a JSON document that can be judged", skipped)
        values = [parsed(text) for text in documents]
        before = profiles(documents, True)
        same = {way: profiles([write(value) for value in values], True) == before for way, write in BENIGN.items()}
        ways = {way: Ratio(int(alike.sum()), len(alike)) for way, alike in same.items()}
        whole = sum(ways.values(), Ratio()).share()
        parts = {way: ratio.share() for way, ratio in ways.items()} | {"canonical": _canonical(documents)}
        return drawn_only(whole.with_(skipped=skipped, parts=parts), state)


def profiles(documents: list[str], with_values: bool) -> NDArray[np.uint64]:
    """(n, 2) what each document comes to: a sum over its values that no order changes, and its first fault."""
    texts = strings(pa.array(documents, pa.string()))
    codes, _ = check(texts.offsets, texts.data, MAX_DEPTH)
    found, _ = json_paths.nodes(texts, codes == 0)
    cells = value_cells(found).astype(np.uint64) if with_values else np.zeros(len(found.row), np.uint64)
    each = mix(mix(found.path + found.kind.astype(np.uint64)) ^ cells)
    sums = np.zeros(len(documents), np.uint64)
    np.add.at(sums, found.row, each)
    profile = np.stack([sums, codes.astype(np.uint64)], 1)
    return profile.view([("sum", np.uint64), ("code", np.uint64)])[:, 0]


def _canonical(documents: list[str]) -> Value:
    """How many canonical forms are their own, of those that exist."""
    import rfc8785

    kept, forms, again = [], [], []
    for text in documents:
        try:
            form = rfc8785.dumps(json.loads(text))
            again.append(rfc8785.dumps(json.loads(form)) == form)
        except (rfc8785.CanonicalizationError, ValueError):  # numbers of thousands of digits
            continue
        forms.append(form.decode())
        kept.append(text)
    if not kept:
        return Value.missing("no document has a canonical form")
    alike = np.array(again) & (profiles(kept, False) == profiles(forms, False))
    return Ratio(int(alike.sum()), len(alike)).share()
