"""Small corpora that the engine's tests audit, with planted repeats and copies."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

VOCABULARY = (
    *"the of and to a in that is with have be model data answer question writes small large green river mountain".split(),
    *"walks reads learns slowly quickly tomorrow yesterday because although window garden number letter system".split(),
)


def texts(n: int, seed: int = 0) -> list[str]:
    """Texts of a few sentences; every tenth repeats an earlier one."""
    rng = np.random.default_rng(seed)
    made: list[str] = []
    for at in range(n):
        if at % 10 == 9:
            made.append(made[int(rng.integers(0, at))])
            continue
        sentences = [
            " ".join(rng.choice(VOCABULARY, int(rng.integers(4, 15)))).capitalize() + "." for _ in range(rng.integers(1, 8))
        ]
        made.append(f"{' '.join(sentences)} {at % 7}")
    return made


def write_parquet(folder: Path, rows: list[str], shards: int, group: int = 50) -> Path:
    """The rows as a folder of Parquet shards, with a column that no metric reads."""
    folder.mkdir(parents=True)
    for at, piece in enumerate(np.array_split(np.arange(len(rows)), shards)):
        chosen = [rows[i] for i in piece]
        table = pa.table({"text": chosen, "unread": pa.nulls(len(chosen), pa.int64())})
        pq.write_table(table, folder / f"part-{at:03d}.parquet", row_group_size=group)
    return folder


def write_jsonl(path: Path, rows: list[str]) -> Path:
    """The rows as one JSON-lines file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows), encoding="utf-8")
    return path


def write_plan(path: Path, subject: Path, reference: Path | None = None, extra: str = "", unit_bytes: int = 4000) -> Path:
    """A plan over them."""
    lines = [f'name = "test"\nunit_bytes = {unit_bytes}', f'[subject]\npath = "{subject}"\nmodality = "text"']
    if reference is not None:
        lines.append(f'[reference]\npath = "{reference}"')
    path.write_text("\n".join([*lines, extra]) + "\n", encoding="utf-8")
    return path
