"""Groups of lines when numbers change, and when words do."""

import re

import numpy as np
import pytest

from operators.semistructured.log_stability import CHANGES, LogStability, alike
from tests.operators.semistructured.logs_given import ODD_PIECES, long_and_short, measure, needs_data, parts, raw


def made(n=60):
    kinds = ["open file {0}", "user {0} left after {1} s", "peer 10.0.0.{2} sent 0x{1:08x}", "cache of {0} entries is full"]
    return [kinds[at % 4].format(at, at * 7919, at % 250) for at in range(n)]


def test_other_numbers_change_nothing_and_other_words_do():
    value = measure(LogStability(), made())
    assert (value.value, value.n) == (1, 60)
    assert parts(value)["addresses"] == parts(value)["hexadecimal"] == 1
    assert 0 < parts(value)["word added"] < 1


def test_each_change_changes_what_it_says():
    line = "peer 10.0.0.7 sent 0x0000ab17 in 15 ms"
    for seed in range(20):
        numbers, addresses = CHANGES["numbers"](line, seed), CHANGES["addresses"](line, seed)
        assert re.sub(r"\d+", "#", numbers.replace("ab", "")) == re.sub(r"\d+", "#", line.replace("ab", ""))
        assert re.fullmatch(r"peer \d+\.\d+\.\d+\.\d+ sent 0x0000ab17 in 15 ms", addresses)
        assert re.fullmatch(r"peer 10\.0\.0\.7 sent 0x[0-9a-f]{8} in 15 ms", CHANGES["hexadecimal"](line, seed))
    changed = {name: [CHANGES[name](line, seed) for seed in range(400)] for name in CHANGES if name.startswith("word")}
    for name, lines in changed.items():
        touched = [new for new in lines if new != line]
        assert 0.05 < len(touched) / 400 < 0.16
        words = {len(new.split()) for new in touched}
        assert words == {7 + {"word added": 1, "word dropped": -1, "words exchanged": 0}[name]}


def test_alike_is_the_definition():
    draw = np.random.default_rng(1)
    a, b = draw.integers(4, size=60), draw.integers(4, size=60)
    b[a == 0] = 9
    groups = [{one: set(np.flatnonzero(side == one)) for one in side.tolist()} for side in (a, b)]
    assert alike(a, b).tolist() == [groups[0][x] == groups[1][y] for x, y in zip(a.tolist(), b.tolist(), strict=True)]


def test_what_cannot_be_told():
    assert measure(LogStability(), [None, ""]).reason == "no record has a log line"
    value = measure(LogStability(), ["bye", "bye", None, ""])
    assert (value.value, value.n, value.skipped) == (1, 2, {"no line": 1, "empty": 1})
    assert value.parts["hexadecimal"].reason == "no line has one"


@pytest.mark.parametrize("piece", ODD_PIECES)
def test_odd_lines_are_no_crash(piece):
    metric = LogStability(sampled=16)
    assert metric.value(metric.fold(long_and_short(piece))).value is not None


@needs_data
def test_real_logs_are_stable_and_less_so_with_other_words():
    for system in ("Apache", "HDFS", "OpenSSH"):
        value = measure(LogStability(sampled=500), raw(system))
        assert value.value > 0.9
        assert parts(value)["word dropped"] < value.value
