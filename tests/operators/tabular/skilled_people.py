"""People with a sex, a skill and a job or none."""

import numpy as np

from tests.operators.tabular.tables import batch


def value_of(metric, *sides, types=None):
    return metric.compare(*(metric.fold(batch(side, types)) for side in sides))


def people(n, seed, unfair=False):
    draw = np.random.default_rng(seed)
    sex, skill = draw.choice(list("fm"), n), draw.normal(size=n)
    hired = skill + 0.3 * draw.normal(size=n) - 1.5 * unfair * (sex == "f") > 0
    return {"sex": sex, "skill": skill, "city": draw.choice(list("abc"), n), "hired": np.where(hired, "yes", "no")}
