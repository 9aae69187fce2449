"""sentence-transformers' `encode` over a column of texts: vectors as .npy, CPU seconds of encoding alone on standard output."""

import sys
import time

import numpy as np
import pyarrow.parquet as pq
import torch
from sentence_transformers import SentenceTransformer

corpus, out, model, dtype = sys.argv[1:5]
torch.set_num_threads(1)
texts = pq.read_table(corpus)["text"].to_pylist()
encoder = SentenceTransformer(model, model_kwargs={"torch_dtype": dtype})
encoder.encode(texts[:16])
start = time.process_time()
vectors = encoder.encode(texts, normalize_embeddings=True, show_progress_bar=False)
print(time.process_time() - start)
np.save(out, np.asarray(vectors, np.float32))
