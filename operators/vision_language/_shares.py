"""What metrics share that are a share of records, with the shares of kinds beside it."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import ID
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value


def nothing() -> Product:
    """No records."""
    return Product({"hits": Ratio(), "kinds": Product(), "skipped": Tally(), "worst": TopBy()})


def counted(
    batch: pa.RecordBatch,
    seen: NDArray[np.bool_],
    hit: NDArray[np.bool_],
    kinds: Mapping[str, Sequence[bool] | NDArray[np.bool_]],
    lacking: str,
    note: Callable[[int], str],
    shown: NDArray[np.bool_] | None = None,
) -> Product:
    """The state of a batch.

    Args:
        batch: for ``_id``.
        seen: (n,) which records were looked at.
        hit: (n,) which have the property.
        kinds: by name, (n,) which are of each kind.
        lacking: why a record was not looked at.
        note: called with the row of a record that is kept as evidence.
        shown: (n,) which records are evidence; left out, those with the property.
    """
    n, without = int(np.count_nonzero(seen)), int(np.count_nonzero(~seen))
    rows = np.flatnonzero(seen & (hit if shown is None else shown))
    ratios = {name: Ratio(int(np.count_nonzero(np.asarray(of, np.bool_) & seen)), n) for name, of in kinds.items()}
    return Product(
        {
            "hits": Ratio(int(np.count_nonzero(hit & seen)), n),
            "kinds": Product(ratios),
            "skipped": Tally({lacking: without} if without else {}),
            "worst": TopBy.of(np.ones(len(rows)), batch[ID].to_numpy()[rows], lambda at: note(int(rows[at]))),
        }
    )


def share(state: Product, reason: str, parts: Mapping[str, Value] | None = None) -> Value:
    """The share, and that of each kind.

    >>> share(nothing(), "no record has an image").reason
    'no record has an image'
    """
    skipped = state["skipped"].nonzero()
    found: Value = state["hits"].share(reason)
    if found.value is None:
        return found.with_(skipped=skipped)
    ratios: Mapping[str, Ratio] = {name: ratio for name, ratio in state["kinds"].states.items() if ratio.n}
    each = {name: ratio.share() for name, ratio in ratios.items()}
    drawn = {name: ratio.hits / ratio.n for name, ratio in ratios.items() if ratio.hits}
    plot = Bars(tuple(drawn), tuple(drawn.values()), "share of records") if drawn else None
    return found.with_(skipped=skipped, parts={**each, **(parts or {})}, plot=plot, evidence=state["worst"].evidence())
