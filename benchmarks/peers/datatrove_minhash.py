"""datatrove's MinHash pipeline: signatures, buckets, clusters, on one local worker; it does not verify its candidates."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import ParquetReader
from grouping import BANDS, NGRAM, ROWS, Array, main, shards


def removed(corpus: Path) -> Array:
    config = MinhashConfig(n_grams=NGRAM, num_buckets=BANDS, hashes_per_bucket=ROWS)
    files = shards(corpus)
    with tempfile.TemporaryDirectory() as folder:
        signatures, buckets, clusters = (f"{folder}/{name}" for name in ("signatures", "buckets", "clusters"))
        reader = ParquetReader(str(corpus), glob_pattern="*.parquet", text_key="text", id_key="id")
        run([reader, MinhashDedupSignature(signatures, config)], len(files), f"{folder}/logs-1")
        run([MinhashDedupBuckets(signatures, buckets, config=config)], BANDS, f"{folder}/logs-2")
        run([MinhashDedupCluster(buckets, clusters, config, save_cluster_id=True)], 1, f"{folder}/logs-3")
        return not_the_smallest(Path(clusters), files)


def run(pipeline: list[PipelineStep], tasks: int, logs: str) -> None:
    LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=logs, skip_completed=False).run()


def not_the_smallest(clusters: Path, files: list[Path]) -> Array:
    """The members of clusters but the smallest id of each: datatrove would keep the root of its union-find."""
    ids, labels, first = [], [], 0
    for at, file in enumerate(files):
        path = clusters / f"{at:06d}.clusters"
        found = np.fromfile(path, np.uint32).reshape(-1, 2) if path.exists() else np.empty((0, 2), np.uint32)
        ids.append(first + found[:, 0].astype(np.int64))
        labels.append(found[:, 1])
        first += pq.ParquetFile(file).metadata.num_rows
    members = np.concatenate(ids)
    order = np.argsort(members)
    _, smallest = np.unique(np.concatenate(labels)[order], return_index=True)
    return np.delete(members[order], smallest)


if __name__ == "__main__":
    main(removed)
