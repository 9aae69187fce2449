"""The columns that say what of named benchmarks a record repeats, and how metrics fold them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from engine.schema import ID
from engine.state import Distinct, Product, Ratio, Sample, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.hashing import hash_array

SIZES = pa.dictionary(pa.int8(), pa.string())
"""What was looked for, the same in every row: a JSON list of the benchmarks, in order, each with its name, how many items it
has (``items``), and other counts under the words that a report shows them with."""
_ITEMS_KEPT = 1 << 20


def sizes_column(benchmarks: Sequence[Mapping[str, Any]], n: int) -> pa.Array:
    """The column for ``n`` rows."""
    document = json.dumps(benchmarks, sort_keys=True)
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int8)), pa.array([document], pa.string()))


def no_hits() -> Product:
    """The state of no records."""
    return Product(
        {
            "any": Ratio(),
            "wholly": Ratio(),
            "records": Product(),
            "items": Product(),
            "skipped": Tally(),
            "sizes": Sample(1),
            "worst": TopBy(),
        }
    )


def hits_state(
    batch: pa.RecordBatch,
    columns: Sequence[str],
    score: str,
    note: Callable[[Mapping[str, Any], str], str],
    skipped: Mapping[str, int],
) -> Product:
    """The state of a batch.

    Args:
        batch: with the columns and ``_id``.
        columns: that of hits, null where the record was not looked at: structs with ``benchmark`` (its number), ``item`` and
            ``whole`` (whether all of the item is there); and that of type `SIZES`.
        score: the field of a hit by which the worst records are chosen, at least 0.
        note: of a hit and the name of its benchmark.
        skipped: records not looked at, by reason.
    """
    hits, sizes = columns
    seen = batch.filter(batch[hits].is_valid())
    n = len(seen)
    document = seen[sizes].dictionary_decode()[0].as_py() if n else "[]"
    names = [benchmark["name"] for benchmark in json.loads(document)]
    lists = seen[hits]
    flat = lists.flatten()
    rows = np.repeat(np.arange(n), lists.value_lengths().to_numpy(zero_copy_only=False))
    found = pl.DataFrame(pa.table({**dict(zip(flat.type.names, flat.flatten(), strict=True)), "row": rows}))
    best = found.sort(["row", score, "benchmark", "item"], descending=[False, True, False, False]).unique(
        "row", maintain_order=True
    )
    by_name = {name: found.filter(pl.col("benchmark") == at) for at, name in enumerate(names)}
    drawn = hash_array(pa.array([document]))[:, 0]
    return Product(
        {
            "any": Ratio(len(best), n),
            "wholly": Ratio(found.filter("whole")["row"].n_unique(), n),
            "records": Product({name: Ratio(rows["row"].n_unique(), n) for name, rows in by_name.items()}),
            "items": Product({name: _distinct(rows["item"]) for name, rows in by_name.items()}),
            "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
            "sizes": Sample.of(np.repeat(drawn, n), [document] * min(n, 1), 1),
            "worst": TopBy.of(
                best[score].to_numpy().astype(np.float64),
                seen[ID].to_numpy()[best["row"].to_numpy()],
                lambda at: note(best.row(at, named=True), names[best["benchmark"][at]]),
            ),
        }
    )


def _distinct(items: pl.Series) -> Distinct:
    return Distinct.of(hash_array(items.to_arrow())[:, 0], _ITEMS_KEPT)


def hits_value(state: Product, nothing: str) -> Value:
    """The share of records with a hit; parts are by benchmark: the share of records, and the share of its items."""
    skipped = state["skipped"].nonzero()
    share: Value = state["any"].share(nothing)
    if share.value is None:
        return share.with_(skipped=skipped)
    benchmarks = json.loads(state["sizes"].entries[0][2])
    parts: dict[str, Value] = {"with all of an item": state["wholly"].share()}
    for benchmark in benchmarks:
        parts |= _parts(benchmark, state["records"][benchmark["name"]], state["items"][benchmark["name"]])
    shares = [state["records"][benchmark["name"]].share().value or 0.0 for benchmark in benchmarks]
    plot = Bars(tuple(benchmark["name"] for benchmark in benchmarks), tuple(shares), "share of records")
    return share.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def _parts(benchmark: Mapping[str, Any], records: Ratio, items: Distinct) -> dict[str, Value]:
    name, n = benchmark["name"], benchmark["items"]
    parts = {name: records.share()}
    if n:
        count = items.count()
        ends = [None if end is None else min(1.0, end / n) for end in (count.value, count.low, count.high)]
        parts[f"{name}: share of its items found"] = count.with_(value=ends[0], low=ends[1], high=ends[2], n=n)
    others = {key: count for key, count in benchmark.items() if key not in ("name", "items") and count}
    return parts | {f"{name}: {key}": Value.exact(count, n) for key, count in others.items()}
