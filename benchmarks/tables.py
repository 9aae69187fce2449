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
    fresh = {"environment": "`python -c`", "empty": "in an empty environment", "isolated": "`python -I -S -c`"}
    head = " | ".join(f"{title}, runs/s, times" for title in fresh.values())
    lines = [f"| programs | at a time | sandbox, runs/s | {head} |", "|" + " --- |" * (3 + len(fresh))]
    for f in r["rows"]:
        cells = " | ".join(f"{f[name]:.0f}, {f[f'{name}_ratio']:.1f}" for name in fresh)
        lines.append(f"| {f['programs']} | {f['workers']} | {f['sandbox']:.0f} | {cells} |")
    small, humaneval = (r["alone_ms"][name] for name in dict.fromkeys(f["programs"] for f in r["rows"]))
    cost = next(f for f in r["rows"] if f["workers"] == 2)
    spent = ", ".join(f"{cost[f'{name}_cpu_ms']:.0f}" for name in fresh)
    return [
        *lines,
        "",
        f"The small function takes {cost['sandbox_cpu_ms']:.1f} ms of processor in the sandbox, {spent} ms in the three fresh "
        f"interpreters. By itself, compiled and run in an interpreter that is there, it takes {small:.2f} ms, a program of "
        f"HumanEval's {humaneval:.1f} ms on average, in the sandbox and outside.",
    ]


def codet(r: dict[str, Any]) -> list[str]:
    ends, differing = r["ends"], len(r["disagreements"])
    late = sum(count for end, count in ends.items() if end.endswith("timeout"))
    return [
        f"Of CodeT's {r['samples']:,} samples for HumanEval ({r['distinct']:,} different), {r['passed']:,} pass here and "
        f"{r['plain_passed']:,} by plain Python, each in a process of its own with the same {r['cpu_seconds']} s of processor; "
        f"the verdicts differ on {differing or 'none'}. {late} do not end in time. All of them took the sandbox "
        f"{r['sandbox_seconds']:.0f} s, on a machine with other work.",
    ]


def contamination(r: dict[str, Any]) -> list[str]:
    methods = {"words": "13 words", "trees": "syntax tree", **{f"cosine {at}": f"cosine {at}" for at in r["thresholds"]}}
    head = " | ".join(methods.values())
    lines = [f"| planted, share found | texts | {head} |", "|" + " --- |" * (2 + len(methods))]
    for title, rows in (("", r["found"]), ("**clean, share of false alarms**", r["clean"])):
        lines += [f"| {title} |" + " |" * (1 + len(methods))] if title else []
        for row in rows:
            shares = " | ".join("–" if row[name] is None else f"{100 * row[name]:.1f} %" for name in methods)
            lines.append(f"| {row['data']} | {row['n']:,} | {shares} |")
    s = r["speed"]
    return [
        *lines,
        "",
        f"MB a CPU-second: 13 words {s['words']:.0f}, a loop over a set of tuples {s['set of tuples']:.1f} ({s['ratio']:.0f} "
        f"times), syntax trees {s['trees']:.1f}. Trees of fewer than 20 nodes are not compared: a seventh of HumanEval's.",
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
        _added(r["added_record_us"]),
    ]


def _added(us: dict[str, float]) -> str:
    several = ", ".join(f"{micros} µs on {cpus}" for cpus, micros in us.items())
    return f"By workers that share the two cores, an added record takes so much processor time, Ray's included: {several}."


def scheduling(r: dict[str, Any]) -> list[str]:
    lines = [f"| {r['items']:,} items of no work | seconds | driver CPU-s | all CPU-s |", "|" + " --- |" * 4]
    for verb, name in (("stream", "units of a streaming pass"), ("exchange", "partitions of an exchange")):
        f = r[verb]
        lines.append(f"| {name} | {f['seconds']:.0f} | {f['driver_cpu_seconds']:.0f} | {f['cpu_seconds']:.0f} |")
    return lines


def object_storage(r: dict[str, Any]) -> list[str]:
    lines = ["| data, OUT and what is kept lie on | seconds | CPU-s | peak MB | requests | of which fail |", "|" + " --- |" * 6]
    for name, f in sorted(r["storages"].items(), key=lambda storage: storage[1]["seconds"]):
        asked, failed = (f"{f['requests']:,}", f"{sum(f['faults'].values()):,}") if "requests" in f else ("", "")
        lines.append(f"| {name} | {f['seconds']:.0f} | {f['cpu_seconds']:.0f} | {f['peak_mb']} | {asked} | {failed} |")
    return lines


def faithfulness(r: dict[str, Any]) -> list[str]:
    sets, both = list(r["sets"]), ("QAGS CNN/DM", "QAGS XSum")
    heads = [f"{name}, {of['texts']:,} texts, {of['true']:.0%} true" for name, of in r["sets"].items()]
    lines = [f"| AUC against people's verdicts | {' | '.join(heads)} |", "|" + " --- |" * (1 + len(sets))]
    for measure, found in r["measures"].items():
        cells = (f"{f['auc']:.3f} [{f['low']:.3f}, {f['high']:.3f}], n {f['n']:,}" for f in map(found.get, sets))
        lines.append(f"| {measure} | {' | '.join(cells)} |")
    lines += ["", f"| Spearman by summary | {' | '.join(both)} |", "| --- | --- | --- |"]
    ours = {measure: {name: found[name]["spearman"] for name in both} for measure, found in r["measures"].items()}
    for measure, found in {**ours, **r["published"]["spearman"]}.items():
        lines.append(f"| {measure} | {' | '.join(f'{found[name]:.3f}' for name in both)} |")
    missing = "; ".join(f"{measure}: {why}" for measure, why in r["not_measured"].items())
    return [*lines, "", f"Models' figures as published: {r['published']['source']}. Not measured: {missing}."]


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


def gpu(r: dict[str, Any]) -> list[str]:
    e, s, m = r["embedding"], r["search"], r["signatures"]
    peer, ours = e["sentence_transformers_texts_a_second"], e["texts_a_second"]
    return [
        f"| {r['device']} | a second | beside it | times |",
        "|" + " --- |" * 4,
        f"| texts embedded, text to vector | {ours:,} | sentence-transformers, {peer:,} | {ours / peer:.1f} |",
        f"| the model's loop over tokens that are ready | {e['bare_texts_a_second']:,} | | |",
        f"| queries among {s['vectors']:,} vectors, recall {s['recall']} | {s['queries_a_second']:,.0f} | "
        f"product and top-k of torch, {s['torch_queries_a_second']:,.0f} | {s['ratio']:.1f} |",
        f"| texts signed, bit for bit as on the CPU | {m['device']:,} | the {r['machine']['cores']} cores, {m['cpu']:,} | "
        f"{m['device'] / m['cpu']:.1f} |",
    ]


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


def pii(r: dict[str, Any]) -> list[str]:
    speed, ordinary = r["records_per_second"], list(r["ordinary"].values())
    rates = f"{speed['auditor']:,} a second on one thread, Presidio {speed['presidio']:,} ({r['ratio']} times)"
    lines = [
        f"{r['texts']:,} texts: {rates}.",
        "",
        "| type | marked | precision, recall | Presidio | Presidio, from 0.4 |",
        "|" + " --- |" * 5,
    ]
    sides = ("auditor", "presidio", "presidio, from 0.4")
    for kind, found in sorted(r["types"].items(), key=lambda item: (item[0] in r["need_a_model"], item[0])):
        need = " (needs a model)" if kind in r["need_a_model"] else " (ours: of birth)" if kind == "DATE_TIME" else ""
        cells = " | ".join(_both(found[side]["precision"], found[side]["recall"]) for side in sides)
        lines.append(f"| {kind}{need} | {found['auditor']['marked']} | {cells} |")
    size, records = sum(f["mb"] for f in ordinary), sum(f["records"] for f in ordinary)
    taken = sum(f["records"] / f["records_per_second"] for f in ordinary)
    return [*lines, "", f"Of ordinary text {records / taken:,.0f} paragraphs a second ({size / taken:.0f} MB/s)."]


def _both(precision: float | None, recall: float | None) -> str:
    return ", ".join("none" if share is None else f"{share:.3f}" for share in (precision, recall))


def safety(r: dict[str, Any]) -> list[str]:
    tweets, xstest, answers, talks = (r[name] for name in ("tweets", "xstest", "answers", "dialogues"))

    def area(f: dict[str, float]) -> str:
        return f"{f['auc']:.3f} ({f['low']:.3f} to {f['high']:.3f})"

    def share(f: dict[str, float]) -> str:
        return f"{f['share']:.3f} ({f['low']:.3f} to {f['high']:.3f})"

    def row(metric: str, data: str, auc: str, false_alarms: str, recall: str) -> str:
        return f"| {metric} | {data} | {auc} | {false_alarms} | {recall} |"

    lines = ["| default | data | AUC (95 %) | false alarms at 0.5 | found at 0.5 |", "|" + " --- |" * 5]
    hate = f"{tweets['tweets']:,} tweets: hate or offensive, neither"
    lines.append(
        row("text.toxicity", hate, area(tweets["hate_or_offensive"]), share(tweets["false_alarms"]), share(tweets["recall"]))
    )
    lines.append(row("text.toxicity", "the same: hate, the rest", area(tweets["hate_or_rest"]), "", ""))
    for metric in ("toxicity", "unsafe_prompts"):
        f = xstest[metric]
        data = f"XSTest, {xstest['prompts']} prompts: unsafe, safe"
        lines.append(row(f"text.{metric}", data, area(f["area"]), share(f["false_alarms"]), share(f["recall"])))
    for metric in ("toxicity", "unsafe_prompts"):
        red, plain = talks[f"red_team_{metric}"], talks[f"instructions_{metric}"]
        data = f"{red['n']:,} openings of red-teamers, {plain['n']:,} instructions"
        lines.append(row(f"text.{metric}", data, "", share(plain), share(red)))
    named, others = tweets["false_alarms_identity"], tweets["false_alarms_no_identity"]
    return [
        *lines,
        "",
        f"Of harmless tweets that mention people by what they are, {named['share']:.3f} count as toxic, of the others "
        f"{others['share']:.3f}. text.refusals agrees with people on {share(answers['agree_with_people'])} of XSTest's "
        f"{answers['answers']} answers, GPT-4 as a judge on {share(answers['gpt4_agrees_with_people'])}. A CPU-second takes "
        f"{tweets['texts_a_cpu_second']:,} tweets through the classifier, {xstest['unsafe_prompts']['texts_a_cpu_second']:,} "
        "prompts through the rules.",
    ]


def folio(r: dict[str, Any]) -> list[str]:
    v, t = r["validation"], r["train"]
    mended = sum(row["mended"] == row["label"].lower() for row in v["disagreements"])
    return [
        "| FOLIO v0.0 | records | parse | undecided | premises contradict | label agrees |",
        "|" + " --- |" * 6,
        f"| validation | {v['records']:,} | {v['parsed']:,} | {v['undecided']} | {v['contradictory']} | "
        f"{v['agreeing']} of {v['parsed'] - v['undecided']} |",
        f"| training, by story | {t['stories']:,} | {t['parsed']:,} | {t['undecided']} | {len(t['contradictory_lines'])} | "
        "no conclusions as formulas |",
        "",
        f"Of the {len(v['disagreements'])} labels that the formulas do not bear out, {mended} are borne out once one annotated "
        f"formula or two are mended; `benchmarks/results/folio.json` names each, and every formula that does not parse. "
        f"A record takes {v['cpu_ms_a_record']:.0f} ms.",
    ]


def tabular(r: dict[str, Any]) -> list[str]:
    lines = [
        "| rows a side, 15 columns | CPU-s | wall, s | peak MB | planned: CPU-s | at most, MB | SDMetrics, CPU-s | peak MB "
        "| ratio | column shapes differ by: counted one by one | in cells |",
        "|" + " --- |" * 11,
    ]
    for f in r["results"]:
        ours, said, theirs = f["ours"], f["planned"], f.get("sdmetrics")
        sizes = f"{ours['cpu_seconds']:.1f} | {ours['seconds']:.1f} | {ours['peak_mb']:,}"
        sizes += f" | {said['cpu_seconds']:.1f} | {said['peak_mb']:,}"
        beside = "not run | | | | "
        if theirs:
            ratio = ours["cpu_seconds"] / theirs["cpu_seconds"]
            beside = f"{theirs['cpu_seconds']:.1f} | {theirs['peak_mb']:,} | {ratio:.2f}"
            shapes = f["column_shapes"]
            held = f"{shapes['sketched_with_theirs_in_the_interval']} of {shapes['sketched']} in our interval"
            beside += f" | {shapes['exact']} by {shapes['greatest_difference_of_an_exact_one']:.0e} | {shapes['sketched']} by "
            beside += f"{shapes['greatest_difference_of_a_sketched_one']:.0e}, {held}"
        lines.append(f"| {f['rows']:,} | {sizes} | {beside} |")
    said = r["planned"]
    lines.append(f"| {said['rows']:,} | planned | | | {said['cpu_seconds']:.0f} | {said['peak_mb']:,} | | | | | |")
    return lines


def whole_tables(r: dict[str, Any]) -> list[str]:
    ways = {"rows": "rows, exactly", "vectors": "vectors, through neighbours"}
    lines = ["| Adult, 24,421 rows a side | search | DCR share | membership AUC | CPU-s | peak MB |", "|" + " --- |" * 6]
    for name, found in r["results"].items():
        for way, f in found.items():
            values = f"{f['dcr_share']:.4f} | {f['membership_auc']:.4f} | {f['cpu_seconds']:.0f} | {f['peak_mb']:,}"
            lines.append(f"| {name} | {ways[way]} | {values} |")
    return lines


def attacks(r: dict[str, Any]) -> list[str]:
    def risk(f: dict[str, Any]) -> str:
        return "too few queries" if "risk" not in f else f"{f['risk']:.3f} ({f['low']:.3f} to {f['high']:.3f})"

    lines = [
        f"| {r['attacks']:,} guesses on CTGAN's Adult | risk (95 %) | CPU-s | anonymeter: risk (95 %) | CPU-s "
        "| its CPU-s over ours |",
        "|" + " --- |" * 6,
    ]
    for name, ours in sorted(r["ours"].items()):
        theirs = r["anonymeter"][name]
        costs = f"{risk(ours)} | {ours['cpu_s']:.2f} | {risk(theirs)} | {theirs['cpu_s']:.1f}"
        lines.append(f"| {name.replace('_', ' ')} | {costs} | {theirs['cpu_s'] / ours['cpu_s']:.0f} |")
    return lines


TABLES = {
    "tabular": tabular,
    "attacks": attacks,
    "whole_tables": whole_tables,
    "safety": safety,
    "pii": pii,
    "sandbox": sandbox,
    "codet": codet,
    "contamination": contamination,
    "embed": embed,
    "semantic": semantic,
    "neighbors": neighbors,
    "gpu": gpu,
    "fold_overhead": fold_overhead,
    "bounded_memory": bounded_memory,
    "dedup": dedup,
    "dedup_scale": dedup_scale,
    "dedup_ray": dedup_ray,
    "scheduling": scheduling,
    "object_storage": object_storage,
    "near_extremes": near_extremes,
    "faithfulness": faithfulness,
    "folio": folio,
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
