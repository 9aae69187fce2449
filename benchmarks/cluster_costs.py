"""What a thousand million records cost by the planner: core-hours, and money where `clusters/machines.toml` states prices.

``python -m benchmarks.cluster_costs`` prints the tables, ``--write`` puts them into `clusters/README.md`. Nothing is measured
here, so the same code gives the same tables on every machine; a test holds the README to them.
"""

import argparse
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import tabular
from benchmarks.dedup_scale import ARTICLE_BYTES
from engine.exchange import ROWS_A_RANGE
from engine.forecast import CORES_STARTED
from engine.relation import Scale
from engine.routing import ROWS_A_GROUP_PARTITION, partitions_for
from operators.relations.exact_groups import ExactGroups
from operators.relations.near_groups import NearGroups
from operators.relations.neighbors import Neighbors

CLUSTERS = Path(__file__).parents[1] / "clusters"
RECORDS, NODE_CORES = 10**9, 16
UNIT_BITS = 27


@dataclass(frozen=True)
class Cost:
    """What one part of an audit costs; bytes are None where nothing is exchanged."""

    part: str
    cpu_seconds: float
    exchanged_bytes: int | None = None
    kept_bytes: int | None = None

    @property
    def core_hours(self) -> float:
        """Of cores that wait for storage and for the ends of rounds as the planner supposes."""
        return self.cpu_seconds / 3600 / CORES_STARTED


def costs() -> Iterator[Cost]:
    """Every part that the planner knows the cost of."""
    for part, relation in (
        ("exact duplicates of texts", ExactGroups()),
        ("near-duplicates of texts", NearGroups()),
        ("neighbours of vectors that are there", Neighbors()),
    ):
        said = relation.forecast(_scale())
        yield Cost(part, said.cpu_seconds, said.exchanged_bytes, said.kept_bytes)
    with tempfile.TemporaryDirectory() as folder:
        tabular.files(Path(folder), 2_000)
        said = tabular.planned(Path(folder), RECORDS)["cpu_seconds"]
    yield Cost(f"profile of a table and its reference, {len(tabular.types())} columns", said)


def _scale() -> Scale:
    size = RECORDS * ARTICLE_BYTES
    parts = partitions_for(RECORDS), partitions_for(RECORDS, ROWS_A_GROUP_PARTITION)
    return Scale(RECORDS, size, size >> UNIT_BITS, RECORDS // ROWS_A_RANGE, *parts)


def tables(machines: Mapping[str, Any]) -> list[str]:
    """Core-hours of every part; then what they cost on the machines that have a price."""
    found = list(costs())
    nodes = f"hours of a node of {NODE_CORES}"
    lines = [f"| 10^9 records | core-hours | {nodes} | exchanged, GB | kept, GB |", "|" + " --- |" * 5]
    for cost in found:
        sizes = " | ".join("" if size is None else f"{size / 1e9:,.0f}" for size in (cost.exchanged_bytes, cost.kept_bytes))
        lines.append(f"| {cost.part} | {cost.core_hours:,.1f} | {cost.core_hours / NODE_CORES:,.2f} | {sizes} |")
    priced = [(cloud, kind, of) for cloud, kinds in machines.items() for kind, of in kinds.items() if "price_per_hour" in of]
    if priced:
        lines += ["", f"| workers | {' | '.join(cost.part for cost in found)} |", "|" + " --- |" * (1 + len(found))]
    for cloud, kind, of in priced:
        core = of["price_per_hour"] / of["vcpus"]
        prices = " | ".join(f"{core * cost.core_hours:,.2f} {of['currency']}" for cost in found)
        lines.append(f"| {cloud} {kind}, {of['machine']} at {of['price_per_hour']} {of['currency']} an hour | {prices} |")
    return lines


def rendered(readme: str, machines: Mapping[str, Any]) -> str:
    """The README of the clusters with the tables between its markers."""
    head, rest = readme.split("<!-- costs -->")
    body = "\n".join(tables(machines))
    return f"{head}<!-- costs -->\n{body}\n<!-- /costs -->{rest.split('<!-- /costs -->')[1]}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--machines", type=Path, default=CLUSTERS / "machines.toml")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    machines = tomllib.loads(asked.machines.read_text(encoding="utf-8"))
    if asked.write:
        readme = CLUSTERS / "README.md"
        readme.write_text(rendered(readme.read_text(encoding="utf-8"), machines), encoding="utf-8")
    else:
        print("\n".join(tables(machines)))


if __name__ == "__main__":
    main()
