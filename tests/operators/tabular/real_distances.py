"""Tables for distances, and the distance in plain Python."""

import pyarrow as pa
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from tests.operators.tabular.census import FOLDER
from tests.operators.tabular.tables import batch

ADULT = pytest.mark.skipif(not (FOLDER / "mostlyai_adult_flip").is_dir(), reason="Adult is not beside the checkout")

FEW = settings(max_examples=40, deadline=None)


def value_of(metric, subject, reference, holdout=None, types=None):
    sides = [metric.fold(batch(side, types)) for side in (subject, reference, holdout) if side is not None]
    return metric.compare(*sides)


def plain_distance(a, b, spans):
    """Gower's, from the definition."""
    total = 0.0
    for name, span in spans.items():
        x, y = a[name], b[name]
        if x is None or y is None:
            total += (x is None) != (y is None)
        elif isinstance(x, str) or isinstance(y, str):
            total += x != y
        else:
            total += min(1.0, abs(x - y) / (span or 1.0))
    return round(total / len(spans), 12)


def records(table):
    return [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)]


def spans_of(*real):
    spans = {}
    for name in real[0]:
        cells = [cell for side in real for cell in side[name] if cell is not None]
        spans[name] = None if any(isinstance(c, str) for c in cells) else (max(cells) - min(cells) if cells else 1.0)
    return spans


TABLE = st.integers(1, 12).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "age": st.lists(st.none() | st.integers(0, 9).map(float), min_size=n, max_size=n),
            "city": st.lists(st.none() | st.sampled_from("abc"), min_size=n, max_size=n),
            "pay": st.lists(st.none() | st.integers(-3, 40).map(float), min_size=n, max_size=n),
        }
    )
)

KINDS = {"age": pa.float64(), "city": pa.string(), "pay": pa.float64()}


def arrow(table):
    return {name: pa.array(cells, KINDS[name]) for name, cells in table.items()}
