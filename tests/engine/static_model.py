"""A table of token vectors as model2vec writes it, made on the spot: an encoder that costs nothing."""

import json

import numpy as np
from safetensors.numpy import save_file


def write_static_model(folder, words, dimensions=16, seed=0):
    """An encoder of whole words, each with a random unit vector; other words are unknown."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {"[UNK]": 0, **{word: at + 1 for at, word in enumerate(words)}}
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(document))
    (folder / "config.json").write_text('{"model_type": "model2vec"}')
    table = np.random.default_rng(seed).normal(size=(len(vocabulary), dimensions)).astype(np.float32)
    save_file({"embeddings": table}, str(folder / "model.safetensors"))
    return table
