import itertools
from math import isclose

import numpy as np

from operators.symbolic.reinstantiation import Reinstantiation
from tests.operators.symbolic.instances_given import judged, measure, needs_data


def test_by_hand():
    templates = ["a", "a", "a", "b", "b", "c", "c", "d", None, "a", "b"]
    solutions = ["A: 1", "A: 1", "A: 0", "A: 1", "A: 1", "none", "A: 0", "A: 1", "A: 1", None, "A: 1"]
    gold = ["1", "#### 1", "1", "1.0", "1", "1", "1", "1", "1", "1", " "]
    value = measure(Reinstantiation(), templates, solutions, gold)
    assert isclose(value.value, (2 / 3 + 1 + 0) / 3)
    assert value.n == 3
    assert value.skipped == {
        "no template": 1,
        "no solution": 1,
        "no gold answer": 1,
        "of templates with a single instance": 1,
    }
    assert (value.parts["unstable"].value, value.parts["always"].value) == (1 / 3, 1 / 3)
    assert isclose(value.parts["spread"].value, (2 / 3 * 1 / 3 * 3 / 2) ** 0.5 / 3)
    assert isclose(value.parts["template_spread"].value, np.std([2 / 3, 1, 0], ddof=1))


def test_spread_is_that_of_all_sets_of_one_instance_a_template():
    """With two instances each, the sets are all choices; the estimate is unbiased for draws with replacement of instances."""
    right = {"a": [1, 0], "b": [1, 1], "c": [0, 1]}
    rows = [(name, f"A: {hit}", "1") for name, hits in right.items() for hit in hits]
    value = measure(Reinstantiation(), *map(list, zip(*rows, strict=True)))
    sets = [np.mean(choice) for choice in itertools.product(*right.values())]
    assert isclose(value.value, np.mean(sets))
    assert isclose(value.parts["spread"].value ** 2, 2 * np.var(sets))  # n / (n - 1) of the plain variance, n = 2


@needs_data
def test_gsm8k_solutions_by_problem_as_their_authors_judged_them():
    columns, hits = judged()
    value = measure(Reinstantiation(), *columns)
    assert isclose(value.value, hits.mean(), abs_tol=1e-12)
    assert isclose(value.parts["spread"].value, np.sqrt(hits.var(axis=1, ddof=1).sum()) / len(hits))
    assert isclose(value.parts["template_spread"].value, hits.mean(axis=1).std(ddof=1))
    assert value.parts["unstable"].value == ((hits.mean(axis=1) > 0) & (hits.mean(axis=1) < 1)).mean()
