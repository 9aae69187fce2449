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


def sandbox(r: dict[str, Any]) -> list[str]:
    lines = ["| programs | at a time | sandbox, runs/s | fresh `python -c`, runs/s | ratio |", "|" + " --- |" * 5]
    return [
        *lines,
        *(
            f"| {f['programs']} | {f['workers']} | {f['sandbox']:.0f} | {f['fresh']:.0f} | {f['ratio']:.1f} |"
            for f in r["rows"]
        ),
    ]


def dedup(r: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for documents, found in r["corpora"].items():
        ours = found["auditor"]["cpu_seconds"]
        lines += [
            *([""] if lines else []),
            f"| {int(documents):,} documents | CPU-s | ours / theirs | seconds | peak MB | removed | recall | precision |",
            "|" + " --- |" * 8,
        ]
        for name, row in sorted(found.items(), key=lambda item: item[1]["cpu_seconds"]):
            right = " | ".join(f"{row[key]:.4f}" if key in row else "exact rows" for key in ("recall", "precision"))
            cells = f"{row['cpu_seconds']:.2f} | {ours / row['cpu_seconds']:.2f} | {row['seconds']:.1f} | {row['peak_mb']:,}"
            lines.append(f"| {name} | {cells} | {row['removed']:,} | {right} |")
    return lines


def dedup_scale(r: dict[str, Any]) -> list[str]:
    lines = [
        "| documents | CPU-s | seconds | peak MB | exchanged MB (planned) | kept MB (planned) | files (planned) |",
        "|" + " --- |" * 7,
    ]
    for f in r["rows"]:
        p = f["planned"]
        pairs = (f"{f[name]:,} ({p[name]:,})" for name in ("exchanged_mb", "kept_mb", "files"))
        cpu = f"{f['cpu_seconds']:.0f} ({p['cpu_seconds']:.0f})"
        lines.append(f"| {f['documents']:,} | {cpu} | {f['seconds']:.0f} | {f['peak_mb']:,} | {' | '.join(pairs)} |")
    b = r["billion"]
    return [
        *lines,
        "",
        f"From 5 to 20 million a document takes {r['linearity']:.2f} times the CPU that it takes from 1 to 5. For 10^9 "
        f"documents of 2.3 kB ({b['text_gb']:,} GB) the planner says: {b['cpu_hours']:,} core-hours, "
        f"{b['exchanged_gb']:,} GB exchanged in {b['files']:,} files, {b['kept_gb']:,} GB of signatures kept, "
        f"{b['task_mb']:,} MB in the largest task.",
    ]


def dedup_ray(r: dict[str, Any]) -> list[str]:
    lines = ["| 14 x 8 bands, two CPUs | documents | seconds | CPU-s |", "| --- | --- | --- | --- |"]
    for backend, name in (("local", "in process"), ("ray", "on Ray")):
        lines += [f"| {name} | {int(n):,} | {f['seconds']} | {f['cpu_seconds']} |" for n, f in sorted(r[backend].items())]
    return [
        *lines,
        "",
        f"Ray takes {r['fixed_seconds']} s longer at the smaller size, and {r['cpu_slope']} times the CPU per added record.",
    ]


def near_extremes(r: dict[str, Any]) -> list[str]:
    lines = ["| corpus | documents | near-duplicates | seconds | peak MB |", "| --- | --- | --- | --- | --- |"]
    for name, f in r["corpora"].items():
        share = f"{f['near_duplicates']:.6f}"
        lines.append(f"| {name} | {f['documents']:,} | {share} | {f['seconds']:.0f} | {f['peak_mb']:,} |")
    return lines


def signature_kernel(r: dict[str, Any]) -> list[str]:
    lines = [f"| text, {r['lanes']} lanes | numba MB/s | C MB/s | ratio |", "| --- | --- | --- | --- |"]
    rows = (("ASCII", r["ascii"]), ("one word in ten accented", r["accented"]))
    return [*lines, *(f"| {n} | {f['numba_mb_per_s']} | {f['c_mb_per_s']} | {f['share_of_c']:.2f} |" for n, f in rows)]


def embed(r: dict[str, Any]) -> list[str]:
    lines = [
        f"| {r['texts']:,} texts of {r['mean_characters']} characters, a CPU-second | float32 | bfloat16 |",
        "| --- | --- | --- |",
    ]
    rows = {
        "the model alone, tokens ready": "bare",
        "the whole audit": "audit",
        "sentence-transformers, float32": "sentence_transformers_float32",
        "the audit over sentence-transformers": "over_sentence_transformers",
        "ten nearest the same as in float32": "ten_nearest_the_same_as_float32",
    }
    return [*lines, *(f"| {said} | {r['float32'][name]} | {r['bfloat16'][name]} |" for said, name in rows.items())]


def neighbors(r: dict[str, Any]) -> list[str]:
    e = r["exact"]
    lines = [
        f"Exact search among 94,258 vectors of 384 dimensions: {e['ours']:,} queries a CPU-second, FAISS's IndexFlatIP "
        f"{e['faiss']:,} ({e['ratio']} times), recall {e['recall']}.",
        "",
        "| every vector's ten nearest, by cells | CPU-s | recall | peak MB | IndexFlatIP would take | ratio |",
        "|" + " --- |" * 6,
    ]
    for f in r["cells"]:
        cells = f"{f['seconds']:.0f} | {f['recall']:.4f} | {f['peak_mb']:,} | {f['flat_seconds']:,} | {f['ratio']:.0f}"
        lines.append(f"| {f['vectors']:,} | {cells} |")
    return lines


def semantic(r: dict[str, Any]) -> list[str]:
    lines = [
        f"| {r['texts']:,} short texts, {r['distinct']:,} different | CPU-s | peak MB | of SemHash's CPU-s | recall |",
        "|" + " --- |" * 5,
    ]
    theirs = r["semhash"]
    for who, name in (("exact", "the audit, exact search"), ("cells", "the audit, 1,024 cells, 16 a record")):
        f = r[who]
        share = f["cpu_seconds"] / theirs["cpu_seconds"]
        lines.append(f"| {name} | {f['cpu_seconds']:.1f} | {f['peak_mb']:,} | {share:.2f} | {f['recall']} |")
    return [*lines, f"| SemHash | {theirs['cpu_seconds']:.1f} | {theirs['peak_mb']:,} | 1.00 | not told |"]


TABLES = {
    "sandbox": sandbox,
    "embed": embed,
    "semantic": semantic,
    "neighbors": neighbors,
    "fold_overhead": fold_overhead,
    "bounded_memory": bounded_memory,
    "dedup": dedup,
    "dedup_scale": dedup_scale,
    "dedup_ray": dedup_ray,
    "near_extremes": near_extremes,
    "signature_kernel": signature_kernel,
}


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
