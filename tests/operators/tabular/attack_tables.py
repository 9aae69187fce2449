"""Tables to attack, and the distance of cells in plain Python."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from tests.operators.tabular.census import FOLDER
from tests.operators.tabular.tables import batch

ADULT = pytest.mark.skipif(not (FOLDER / "mostlyai_adult_flip").is_dir(), reason="Adult is not beside the checkout")

FEW = settings(max_examples=40, deadline=None)


def value_of(metric, subject, reference, holdout, types=None):
    return metric.compare(*(metric.fold(batch(side, types)) for side in (subject, reference, holdout)))


def people(n, seed):
    draw = np.random.default_rng(seed)
    return {
        "age": draw.integers(18, 90, n),
        "pay": draw.lognormal(10, 1, n).round(),
        "zip": draw.integers(0, 400, n).astype(str).astype(object) + "z",
        "job": draw.choice(list("abcdefgh"), n),
        "sex": draw.choice(list("fm"), n),
    }


def mixed(reference, other, share):
    n = round(share * len(reference["age"]))
    return {name: np.concatenate([reference[name][:n], other[name][n:]]) for name in reference}


TABLE = st.integers(2, 9).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "a": st.lists(st.none() | st.integers(0, 5).map(float), min_size=n, max_size=n),
            "b": st.lists(st.none() | st.sampled_from("xyz"), min_size=n, max_size=n),
        }
    )
)

KINDS = {"a": pa.float64(), "b": pa.string()}


def arrow(table):
    return {name: pa.array(cells, KINDS[name]) for name, cells in table.items()}


def plain_cell(x, y, span):
    if x is None or y is None:
        return float((x is None) != (y is None))
    return float(x != y) if isinstance(x, str) else min(1.0, abs(x - y) / span)
