"""Tables to learn from."""

import numpy as np
import pandas as pd
import pytest

from tests.operators.tabular.census import FOLDER
from tests.operators.tabular.tables import batch

ADULT = pytest.mark.skipif(not (FOLDER / "mostlyai_adult_flip").is_dir(), reason="Adult is not beside the checkout")

NUMBERS = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")


def value_of(metric, subject, reference, holdout=None, types=None):
    sides = [metric.fold(batch(side, types)) for side in (subject, reference, holdout) if side is not None]
    return metric.compare(*sides)


def made_up(n, seed, noise=0.3, flip=False):
    draw = np.random.default_rng(seed)
    x, city = draw.normal(size=n), draw.choice(list("abc"), n)
    line = x + (city == "a") + noise * draw.normal(size=n)
    y = (line > 0.3) != flip
    return {"x": x, "city": city, "z": draw.normal(size=n), "pay": line, "y": np.where(y, "yes", "no")}


def frame(table):
    data = pd.DataFrame(table)
    return data.assign(**{name: data[name].astype(float) for name in NUMBERS})
