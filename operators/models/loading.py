"""Models of transformers and their tokenizers, from a folder."""

import json
from pathlib import Path
from typing import Any

from operators.models.model_files import ModelError


def loaded(folder: Path, dtype: str, head: str = "AutoModel") -> tuple[Any, str]:
    """The model in a folder, ready, and where it runs.

    Args:
        folder: holds config.json and weights as safetensors.
        dtype: of weights and products: "float32" or "bfloat16".
        head: the class of transformers that loads it.

    Raises:
        ModelError: when transformers cannot load it.
    """
    import torch
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = torch.bfloat16 if dtype == "bfloat16" else torch.float32
    kind = getattr(transformers, head)
    try:
        model, notes = kind.from_pretrained(
            str(folder), use_safetensors=True, trust_remote_code=False, dtype=chosen, output_loading_info=True
        )
    except Exception as error:  # transformers raises whatever a damaged folder makes it
        raise ModelError(f"the model in {folder.name} cannot be loaded: {type(error).__name__}: {str(error)[:200]}") from error
    if head != "AutoModel" and notes["missing_keys"]:  # transformers would draw them at random
        raise ModelError(
            f"the model in {folder.name} has no weights for {sorted(notes['missing_keys'])[0]}: it was made for another task"
        )
    return model.eval().to(device), device


def tokenizer_in(folder: Path) -> Any:
    """The tokenizer in a folder.

    Raises:
        ModelError: when it cannot be loaded.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # a bare Exception, whatever the file holds
        raise ModelError(f"the tokenizer in {folder.name} cannot be loaded: {str(error)[:200]}") from error


def plain_tokenizer(folder: Path) -> Any:
    """The tokenizer in a folder, set so that a text that spells a special token ("[SEP]", "<|endoftext|>") is a text.

    It neither cuts nor fills.
    """
    tokenizer = tokenizer_in(folder)
    tokenizer.encode_special_tokens = True
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def window_of(model: Any, folder: Path, *others: int | None) -> int:
    """The most tokens that a model takes at once: the least of its positions, what its tokenizer states, and what is asked."""
    positions = getattr(model.config, "max_position_embeddings", None)
    table = getattr(getattr(getattr(model, "base_model", None), "embeddings", None), "position_embeddings", None)
    before = getattr(table, "padding_idx", None)  # RoBERTa's positions begin after that of the padding
    if positions and before is not None:
        positions -= before + 1
    return int(
        min(filter(None, (positions, stated(folder, "tokenizer_config.json", "model_max_length"), *others)), default=512)
    )


def stated(folder: Path, file: str, name: str) -> Any:
    """What a JSON file in a model's folder says of something; None where it says nothing."""
    path = folder / file
    return json.loads(path.read_text()).get(name) if path.exists() else None
