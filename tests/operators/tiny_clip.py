"""A tiny CLIP, untrained or taught in seconds which words go with which coloured shapes, written as transformers writes one."""

import json
from itertools import product

import numpy as np
from PIL import Image, ImageDraw

from tests.operators.vision_model import PROCESSOR

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 180, 50),
    "blue": (40, 60, 220),
    "yellow": (230, 210, 40),
    "white": (245, 245, 245),
    "purple": (150, 40, 170),
}
SHAPES, SIDES = ("disc", "square", "bar"), ("left", "right")
KINDS = tuple(product(COLOURS, SHAPES, SIDES))
WINDOW = 12
_WORDS = ("<pad>", "<bos>", "<eos>", "<unk>", "a", "on", "the", *COLOURS, *SHAPES, *SIDES)


def caption_of(kind):
    colour, shape, side = kind
    return f"a {colour} {shape} on the {side}"


def picture_of(kind, seed, size=32):
    """A shape of a kind on a dark ground, its place and size drawn by the seed."""
    colour, shape, side = kind
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (size, size), tuple(rng.integers(0, 40, 3).tolist()))
    half = size * (0.16 + 0.06 * rng.random())
    x = size * (0.28 if side == "left" else 0.72) + rng.normal(0, 0.4)
    y = size * (0.4 + 0.2 * rng.random())
    box = (
        (x - half, y - half, x + half, y + half) if shape != "bar" else (x - half / 3, y - 2 * half, x + half / 3, y + 2 * half)
    )
    draw = ImageDraw.Draw(image)
    (draw.ellipse if shape == "disc" else draw.rectangle)(box, fill=COLOURS[colour])
    return image


def write(folder, steps=0):
    """A CLIP taught for so many steps; with none its weights are random."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    text = {**small, "vocab_size": len(_WORDS), "max_position_embeddings": WINDOW}
    text |= {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    vision = {**small, "image_size": 32, "patch_size": 8}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24))
    if steps:
        _taught(model, steps)
    folder.mkdir(parents=True, exist_ok=True)
    model.eval().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    _tokenizer().save(str(folder / "tokenizer.json"))
    return model


def _taught(model, steps):
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # for so small a model more only wait for one another
    tokenizer = _tokenizer()
    ids = torch.tensor([tokenizer.encode(caption_of(kind)).ids for kind in KINDS])
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3)
    model.train()
    for step in range(steps):
        shown = [picture_of(kind, 1000 * step + at) for at, kind in enumerate(KINDS)]
        pixels = torch.tensor(np.stack([np.asarray(one, np.float32).transpose(2, 0, 1) / 127.5 - 1 for one in shown]))
        model(input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels, return_loss=True).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    torch.set_num_threads(threads)


def _tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(_WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<pad>", "<bos>", "<eos>"])
    tokenizer.post_processor = processors.TemplateProcessing("<bos> $A <eos>", special_tokens=[("<bos>", 1), ("<eos>", 2)])
    return tokenizer
