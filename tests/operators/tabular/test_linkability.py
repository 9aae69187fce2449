"""What one party knows, and another."""

from operators.tabular.inference import Inference
from operators.tabular.linkability import Linkability
from tests.operators.tabular.attack_tables import people, value_of


def test_what_one_party_knows():
    reference, holdout = people(300, 1), people(300, 2)
    value = value_of(Linkability(one=("age", "pay"), other=("zip",)), reference, reference, holdout)
    assert value.parts["hits"].value > 0.25  # a zip is shared by two or so: half of the ties go to the right one
    assert value.parts["hits"].value < 0.9
    assert value_of(Linkability(one=("age",), other=("age",)), reference, reference, holdout).value is None
    assert "'nope'" in value_of(Linkability(one=("nope",)), reference, reference, holdout).reason
    by_all = value_of(Inference(secrets=("pay",)), reference, reference, holdout).value
    by_sex = value_of(Inference(secrets=("pay",), known=("sex",)), reference, reference, holdout)
    assert by_sex.value < 0.1 < by_all
    assert set(by_sex.parts) == {"pay"}
    assert value_of(Inference(), {"a": [1]}, {"a": [1]}, {"a": [1]}).value is None
