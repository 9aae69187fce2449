"""SemHash over a column of texts with a static encoder: how many records it calls duplicates, and whose, as JSON lines."""

import json
import sys

import pyarrow.parquet as pq
from model2vec import StaticModel
from semhash import SemHash

corpus, out, model, threshold = sys.argv[1:5]
texts = pq.read_table(corpus, columns=["text"])["text"].to_pylist()
index = SemHash.from_records(texts, model=StaticModel.from_pretrained(model))
found = index.self_deduplicate(float(threshold))
with open(out, "w", encoding="utf-8") as file:
    json.dump({"kept": len(found.selected), "removed": len(found.filtered)}, file)
