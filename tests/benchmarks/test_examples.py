import doctest
from types import ModuleType

import pytest

from benchmarks import exact_jaccard, near_corpus, real_texts


@pytest.mark.parametrize("module", [exact_jaccard, near_corpus, real_texts])
def test_the_examples_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
