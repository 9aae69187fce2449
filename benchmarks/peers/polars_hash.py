"""Exact duplicates only, by a polars hash: the first of each distinct hash of a text stays."""

from pathlib import Path

import polars as pl
from grouping import Array, main


def removed(corpus: Path) -> Array:
    hashed = pl.scan_parquet(corpus / "*.parquet").select("id", pl.col("text").hash().alias("hash"))
    rows = hashed.collect(engine="streaming").sort("id")
    return rows.filter(~pl.col("hash").is_first_distinct())["id"].to_numpy()


if __name__ == "__main__":
    main(removed)
