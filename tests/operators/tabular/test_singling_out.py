"""Singling out against plain Python."""

from hypothesis import given

from operators.tabular.singling_out import SinglingOut
from tests.operators.tabular.attack_tables import FEW, TABLE, arrow, plain_cell, value_of


@FEW
@given(TABLE, TABLE)
def test_singling_out_is_what_plain_python_finds(subject, real):
    n = len(real["a"]) // 2
    reference, holdout = ({name: cells[at : at + n] for name, cells in real.items()} for at in (0, n))
    numbers = [cell for side in (reference, holdout) for cell in side["a"] if cell is not None]
    numbers = numbers or [cell for cell in subject["a"] if cell is not None]
    span = (max(numbers) - min(numbers) if numbers else 0.0) or 1.0
    spans = {"a": span, "b": 1.0}
    rows = [dict(zip("ab", cells, strict=True)) for cells in zip(subject["a"], subject["b"], strict=True)]

    def matching(table, row, names):
        others = [dict(zip("ab", cells, strict=True)) for cells in zip(table["a"], table["b"], strict=True)]
        return sum(all(plain_cell(o[c], row[c], spans[c]) <= 0.001 * (c == "a") for c in names) for o in others)

    value = value_of(SinglingOut(), arrow(subject), arrow(reference), arrow(holdout))
    unique = [row for row in rows if matching(subject, row, "ab") == 1]
    if not unique:
        assert value.value is None
        return
    assert value.n == len(unique)
    for name, side in (("hits", reference), ("hits on the holdout", holdout)):
        assert round(value.parts[name].value * value.n) == sum(matching(side, row, "ab") == 1 for row in unique)
