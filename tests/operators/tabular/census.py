"""Real tables beside the checkout, as columns of strings."""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "tabular"


def columns(path):
    """The columns of a CSV file, plain or gzipped."""
    return pd.read_csv(FOLDER / path, dtype=str, keep_default_na=False).to_dict("list")


def halves(table):
    """Every other row, and the rest."""
    return ({name: cells[start::2] for name, cells in table.items()} for start in (0, 1))
