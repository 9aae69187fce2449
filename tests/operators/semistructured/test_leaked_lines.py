"""Repeated lines of logs: parameters count, times do not."""

import numpy as np

from operators.semistructured.leaked_lines import LeakedLines
from tests.operators.semistructured.logs_given import batch_of, needs_data, raw


def measure(mine, theirs, held=None, **parameters):
    metric = LeakedLines(**parameters)
    return metric.compare(*(None if side is None else metric.fold(batch_of(side)) for side in (mine, theirs, held)))


def lines(seed, n=400, users=10**6):
    draw = np.random.default_rng(seed)
    return [f"2024-01-{draw.integers(10, 30)} 10:00:{at % 60:02d} INFO login of user {draw.integers(users)}" for at in range(n)]


def test_planted_lines_are_found_and_the_holdout_tells_them_from_what_is_common():
    reference, holdout, own = lines(1), lines(2), lines(3)
    planted = [line.replace("2024-01", "2025-07") for line in reference[:100]]
    value = measure([*planted, *own], reference, holdout)
    assert value.value == 0.25
    assert value.parts["holdout"].value == 0
    assert value.parts["excess"].low > 0.2
    few = measure(lines(3, users=50), lines(1, users=50), lines(2, users=50))
    assert few.value > 0.9
    assert few.parts["excess"].low < 0 < few.parts["excess"].high


def test_what_has_no_parameter_is_the_program_s_own():
    value = measure(["bye", "login of 7", None, ""], ["bye", "login of 7", "login   of 8"])
    assert (value.value, value.n) == (0.5, 2)
    assert value.skipped == {"no line": 1, "empty": 1, "without a parameter": 1}
    assert measure(["bye"], ["user 1"]).reason == "the subject has no line with a parameter"


@needs_data
def test_halves_of_a_real_log_and_a_copy():
    half, other = raw("OpenSSH")[::2], raw("OpenSSH")[1::2]
    fair = measure(half, other[::2], other[1::2])
    assert fair.parts["excess"].low < 0 < fair.parts["excess"].high
    assert measure(half, half[:500], other).parts["excess"].low > 0.2
