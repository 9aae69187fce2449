"""Causal language models with random weights and a tokenizer of whole words, made on the spot as transformers writes them."""

import json

WORDS = ["<s>", "</s>", "<unk>", *[f"w{at}" for at in range(60)]]


def model_of(kind="gpt2", window=64, seed=0, hidden=32, layers=2):
    """A small GPT-2 or Llama."""
    import torch
    import transformers

    torch.manual_seed(seed)
    ids = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": None}
    if kind == "gpt2":
        sizes = {"n_positions": window, "n_embd": hidden, "n_layer": layers, "n_head": 4}
        config = transformers.GPT2Config(vocab_size=len(WORDS), **sizes, initializer_range=0.3, **ids)
        return transformers.GPT2LMHeadModel(config).eval()
    sizes = {"hidden_size": hidden, "intermediate_size": 2 * hidden, "num_hidden_layers": layers, "num_attention_heads": 4}
    config = transformers.LlamaConfig(
        vocab_size=len(WORDS), **sizes, max_position_embeddings=window, initializer_range=0.3, **ids
    )
    return transformers.LlamaForCausalLM(config).eval()


def write_lm(folder, model, starts=False):
    """The folder, with the model and a tokenizer in it, which puts a token before every text where ``starts``."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    model.save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if starts:
        tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    tokenizer.add_special_tokens(WORDS[:3])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 10**30}))
    return folder


def ids_of(text):
    """The tokens of a text of words."""
    return [WORDS.index(word) if word in WORDS[3:] else 2 for word in text.split()]
