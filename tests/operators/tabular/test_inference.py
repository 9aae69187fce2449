"""Inference by hand, against plain Python, and where anonymeter is wrong."""

import pyarrow as pa
from hypothesis import given

from operators.tabular.inference import Inference
from tests.operators.tabular.attack_tables import FEW, TABLE, arrow, plain_cell, value_of


def test_negative_guesses_are_wrong_and_zero_is_guessed_by_zero():
    # anonymeter's |guess - truth| / (guess + 1e-12) is negative for a guess of -5, and so below any tolerance.
    def table(pay):
        return {"name": [str(at) + "n" for at in range(40)], "pay": pa.array([pay] * 40, pa.float64())}

    def rate(guess, truth, tolerance=0.05):
        value = value_of(Inference(secrets=("pay",), tolerance=tolerance), table(guess), table(truth), table(truth + 500))
        return value.parts["pay"].parts["hits"].value

    assert rate(-5.0, 100.0) == 0.0
    assert rate(-100.0, -100.0) == rate(-98.0, -100.0) == rate(104.0, 100.0) == 1.0
    assert rate(106.0, 100.0) == rate(94.0, 100.0) == 0.0
    assert rate(0.0, 0.0) == 1.0
    assert rate(0.01, 0.0) == 0.0


@FEW
@given(TABLE, TABLE)
def test_inference_is_what_plain_python_finds(subject, real):
    n = len(real["a"]) // 2
    reference, holdout = ({name: cells[at : at + n] for name, cells in real.items()} for at in (0, n))
    value = value_of(Inference(secrets=("b",)), arrow(subject), arrow(reference), arrow(holdout))
    numbers = [cell for side in (reference, holdout) for cell in side["a"] if cell is not None]
    numbers = numbers or [cell for cell in subject["a"] if cell is not None]
    span = (max(numbers) - min(numbers) if numbers else 0.0) or 1.0
    sure, possible, n = 0, 0, 0
    for age, truth in {*zip(reference["a"], reference["b"], strict=True)}:
        if truth is None:
            continue
        near = [plain_cell(age, other, span) for other in subject["a"]]
        guesses = [b for d, b in zip(near, subject["b"], strict=True) if d <= min(near) + 1e-9]
        n += 1
        sure += all(guess == truth for guess in guesses)
        possible += truth in guesses
    part = value.parts.get("b")
    if part is None or part.value is None:
        return
    assert part.n == n
    assert sure <= round(part.parts["hits"].value * n) <= possible
