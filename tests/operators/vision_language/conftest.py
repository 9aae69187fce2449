"""Models that are made once for all tests here."""

import pytest


@pytest.fixture(scope="session")
def taught(tmp_path_factory):
    """The folder of a tiny CLIP that knows coloured shapes."""
    return _written(tmp_path_factory, "taught", 100)


@pytest.fixture(scope="session")
def untrained(tmp_path_factory):
    """The folder of a tiny CLIP with random weights."""
    return _written(tmp_path_factory, "untrained", 0)


def _written(factory, name, steps):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.operators.tiny_clip import write

    folder = factory.mktemp("models") / name
    write(folder, steps)
    return str(folder)
