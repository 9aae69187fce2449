"""Anomalies of logs: learnt where the subject's are right, scored as scikit-learn scores, and found on BGL."""

import numpy as np
import pyarrow as pa
import pytest

from engine import catalog
from engine.errors import PlanError
from engine.state import encode
from operators.semistructured.log_anomalies import LogAnomalies, _f1
from tests.operators.semistructured.logs_given import batch_of, needs_data, parts, structured


def with_labels(lines, labels, first=0):
    return batch_of(lines, first).append_column("label", pa.array(labels, pa.string()))


def measure(mine, theirs, **parameters):
    metric = LogAnomalies(**parameters)
    return metric.compare(*(metric.fold(with_labels(*side)) for side in (mine, theirs)))


def made(seed, n=2000):
    """Lines of three usual events; in one window of 20 in five something fails, and then another event comes."""
    draw = np.random.default_rng(seed)
    lines = [f"{draw.choice(['read', 'write', 'ping'])} block {draw.integers(10**6)}" for _ in range(n)]
    labels = ["-"] * n
    for window in range(0, n, 20):
        if draw.random() < 0.2:
            at = window + int(draw.integers(20))
            lines[at], labels[at] = f"retry of block {draw.integers(10**6)} timed out", "FAILURE"
    return lines, labels


def test_right_labels_teach_and_shuffled_ones_do_not():
    good, reference = made(1), made(2)
    right = measure(good, reference)
    shuffled = np.random.default_rng(3).permutation(good[1]).tolist()
    assert right.value == 1
    assert parts(right)["real"] == parts(right)["precision"] == parts(right)["recall"] == 1
    share = parts(right)["anomalous"]
    assert parts(right)["always"] == pytest.approx(2 * share / (1 + share))
    assert measure((good[0], shuffled), reference).high < right.low


def test_the_score_is_scikit_learn_s():
    from sklearn.metrics import f1_score, precision_score, recall_score

    draw = np.random.default_rng(4)
    features = draw.normal(size=(400, 3)).astype(np.float32)
    classes = (features[:, 0] + draw.normal(size=400) > 0.7).astype(np.int64)
    train, test = ((features[at::2], classes[at::2], np.ones(200, np.int64)) for at in (0, 1))
    value, found = _f1(train, test)
    from operators.semistructured._taught import scores

    names, probable = scores(train, test[0])
    told = names[probable.argmax(axis=1)].astype(int)
    assert value.value == pytest.approx(f1_score(test[1], told))
    assert found["precision"].value == pytest.approx(precision_score(test[1], told))
    assert found["recall"].value == pytest.approx(recall_score(test[1], told))
    assert value.low < value.value < value.high


def test_lines_of_a_session_are_one_window_wherever_they_stand():
    def interleaved(seed):
        draw = np.random.default_rng(seed)
        order = draw.permutation(np.repeat(np.arange(80), 5))
        bad = {int(block) for block in range(0, 80, 4)}
        seen, lines, labels = {}, [], []
        for block in order.tolist():
            seen[block] = seen.get(block, 0) + 1
            failed = block in bad and seen[block] == 3
            lines.append(f"{'lost' if failed else 'sent'} blk_{block}")
            labels.append("anomaly" if failed else "normal")
        return lines, labels

    value = measure(interleaved(1), interleaved(2), session=r"(blk_\d+)")
    assert value.value == 1
    assert parts(value)["anomalous"] == pytest.approx(0.25, abs=0.1)
    assert value.n == 40
    assert measure(interleaved(1), (["sent blk_1", "sent"], ["-", "-"]), session=r"(blk_\d+)").reason.startswith(
        "the windows of"
    )


def test_no_cut_changes_the_windows():
    lines, labels = made(5, 300)
    metric = LogAnomalies(window=7, size=16)
    whole = metric.zero() + metric.fold(with_labels(lines, labels, first=3))
    pieces = [metric.fold(with_labels(lines[at : at + 10], labels[at : at + 10], first=3 + at)) for at in range(0, 300, 10)]
    assert encode(sum(pieces[::-1], metric.zero())) == encode(whole)


def test_what_cannot_be_told():
    lines, labels = made(1, 400)
    assert measure((lines, ["-"] * 400), made(2)).reason.startswith("the windows of the subject are not of both kinds")
    value = measure(([*lines, None, "", "x"], [*labels, "-", "-", None]), made(2))
    assert value.skipped == {"no line": 1, "empty": 1, "no label": 1}
    for pattern, said in (("blk", "no group"), ("(", "no regular expression")):
        with pytest.raises(PlanError, match=said):
            catalog.metric("semistructured.log_anomalies", {"session": pattern})


@needs_data
def test_bgl_teaches_bgl():
    rows = structured("BGL")
    blocks = [rows[at : at + 10] for at in range(0, 2000, 10)]  # what fails changes over the months
    mine, theirs = (
        ([row["Content"] for block in some for row in block], [row["Label"] for block in some for row in block])
        for some in (blocks[::2], blocks[1::2])
    )
    value = measure(mine, theirs, window=2)
    assert value.value > 0.8
    assert parts(value)["real"] > 0.7
    assert parts(value)["always"] < 0.25
    shuffled = np.random.default_rng(1).permutation(mine[1]).tolist()
    assert measure((mine[0], shuffled), theirs, window=2).value < 0.25
