"""Tiny vision encoders with random weights, made on the spot as transformers writes them."""

import json

PROCESSOR = {
    "image_processor_type": "CLIPImageProcessor",
    "do_resize": True,
    "size": {"shortest_edge": 32},
    "do_center_crop": True,
    "crop_size": {"height": 32, "width": 32},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "do_convert_rgb": True,
    "resample": 3,
}
SMALL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
VISION = {**SMALL, "image_size": 32, "patch_size": 8}


def write_clip(folder):
    """A CLIP whose projection has 8 dimensions."""
    from transformers import CLIPConfig, CLIPModel

    text = {**SMALL, "vocab_size": 100, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    return _written(folder, CLIPModel, CLIPConfig(text_config=text, vision_config=VISION, projection_dim=8))


def write_vit(folder):
    """A ViT."""
    from transformers import ViTConfig, ViTModel

    return _written(folder, ViTModel, ViTConfig(**VISION))


def _written(folder, cls, config):
    import torch

    torch.manual_seed(0)
    model = cls(config).eval()
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    return model
