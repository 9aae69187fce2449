"""README's tables from `results/*.json`, so that no figure there was typed by hand.

``python benchmarks/tables.py`` writes them between the markers; ``--check`` fails where they differ.
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"


def fold_overhead(r: dict[str, Any]) -> list[str]:
    rows = [
        ("hand-written loop", r["loop"]),
        ("in process", r["local"]),
        ("Ray Data", r["ray"]),
        ("Ray Data, cold", r["ray_cold"]),
    ]
    lines = [
        "| streaming pass over " + f"{r['text_mb']:,} MB of text | seconds | ratio | peak MB |",
        "| --- | --- | --- | --- |",
    ]
    return [*lines, *(f"| {n} | {f['seconds']:.1f} | {f['ratio']:.2f} | {f['peak_mb']:,} |" for n, f in rows)]


def bounded_memory(r: dict[str, Any]) -> list[str]:
    lines = ["| rows | seconds | peak MB |", "| --- | --- | --- |"]
    return [*lines, *(f"| {f['rows']:,} | {f['seconds']:.0f} | {f['peak_mb']:,} |" for f in (r["small"], r["large"]))]


TABLES = {"fold_overhead": fold_overhead, "bounded_memory": bounded_memory}


def rendered(readme: str) -> str:
    """README with every table that has results."""
    for name, table in TABLES.items():
        result = json.loads((HERE / "results" / f"{name}.json").read_text())
        m = result["machine"]
        where = f"{m['cores']} cores ({m['cpu']}), {m['memory_gib']} GiB, Python {m['python']}, {result['date']}"
        body = "\n".join([*table(result), "", f"Measured on {where}."])
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        head, rest = readme.split(start)
        readme = f"{head}{start}\n{body}\n{end}{rest.split(end)[1]}"
    return readme


def main() -> None:
    text = README.read_text(encoding="utf-8")
    new = rendered(text)
    if "--check" in sys.argv:
        sys.exit("README's tables differ from benchmarks/results: run benchmarks/tables.py" if new != text else 0)
    README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
