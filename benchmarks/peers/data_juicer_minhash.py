"""Data-Juicer's document_minhash_deduplicator on one worker; it does not verify its candidates."""

import tempfile
from pathlib import Path

import numpy as np
from data_juicer.core.data import NestedDataset
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
from datasets import load_dataset
from grouping import BANDS, NGRAM, PERMUTATIONS, ROWS, THRESHOLD, Array, main, shards


def removed(corpus: Path) -> Array:
    tool = DocumentMinhashDeduplicator(
        tokenization="space",
        window_size=NGRAM,
        lowercase=False,
        num_permutations=PERMUTATIONS,
        jaccard_threshold=THRESHOLD,
        num_bands=BANDS,
        num_rows_per_band=ROWS,
        num_proc=1,
    )
    with tempfile.TemporaryDirectory() as cache:
        files = [str(path) for path in shards(corpus)]
        data = NestedDataset(load_dataset("parquet", data_files=files, split="train", cache_dir=cache))
        kept = np.array(tool.run(data)["id"])
        return np.setdiff1d(np.arange(len(data)), kept)


if __name__ == "__main__":
    main(removed)
