"""How a causal language model goes on with a text: greedily, one text at a time, so that no text depends on another."""

from operators.models.causal import Causal


def continued(model: Causal, text: str, most: int) -> str:
    """What the model says next: the likeliest token again and again, at most ``most``; the first line of it that is not blank.

    Of a text that is longer than the model's window less ``most``, the beginning is not seen. What the model's folder says of
    sampling, penalties and the like is not heeded.
    """
    import torch
    from transformers import GenerationConfig

    start = [] if model.start is None else [model.start]
    room = max(1, model.window - most - len(start))
    ids = [*start, *model.tokenizer.encode(text, add_special_tokens=False).ids[-room:]]
    most = min(most, model.window - len(ids))
    if not ids or most < 1:
        return ""
    ends = getattr(model.model.config, "eos_token_id", None)
    plain = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=most, do_sample=False, num_beams=1, eos_token_id=ends, pad_token_id=0
    )
    row = torch.tensor([ids], device=model.device)
    with torch.inference_mode(), model.lock:
        model.model.generation_config = plain  # one that is only passed is filled up from the folder's
        whole = model.model.generate(row, attention_mask=torch.ones_like(row))
    lines: list[str] = model.tokenizer.decode(whole[0, len(ids) :].tolist()).strip().splitlines()
    return lines[0].strip() if lines else ""
