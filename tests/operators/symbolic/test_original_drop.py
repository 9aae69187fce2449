from math import isclose

from operators.symbolic.original_drop import OriginalDrop
from tests.operators.symbolic.instances_given import MODELS, judged, measure, needs_data


def test_drop_by_hand():
    templates = ["a", "a", "a", "b", "b", "c", "d"]
    sources = ["original", "x", None, "x", "original", "original", "x"]
    solutions = ["A: 1", "A: 1", "A: 0", "A: 1", "A: 0", "A: 1", "A: 1"]
    value = measure(OriginalDrop(), templates, solutions, ["1"] * 7, sources)
    assert value.value == ((1 - 1 / 2) + (0 - 1)) / 2
    assert (value.parts["original"].value, value.parts["instances"].value, value.n) == (0.5, 0.75, 2)
    assert value.skipped == {"of templates without an original or without another instance": 2}
    assert value.low == -1.0
    assert value.high <= 1.0
    none = measure(OriginalDrop(original="gsm8k"), templates, solutions, ["1"] * 7, sources)
    assert (none.value, none.reason) == (None, "no template has an instance whose source is 'gsm8k', and others")


@needs_data
def test_gsm8k_solutions_by_problem_as_their_authors_judged_them():
    columns, hits = judged()
    drop = measure(OriginalDrop(original=MODELS[3]), *columns)
    expected = hits[:, 3] - hits[:, :3].mean(axis=1)
    assert isclose(drop.value, expected.mean(), abs_tol=1e-12)
    assert isclose(drop.high - drop.value, 1.959963984540054 * expected.std(ddof=1) / len(hits) ** 0.5)
