"""Requests that try to get round a model's rules, or ask for help with harm."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, RatioBy, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask
from operators.kernels.request_rules import JAILBREAKS

_KINDS = 64
_ATTACKS = (*JAILBREAKS, "jailbreak", "injection", "prompt_injection")
"""The last three are what classifiers call them."""


@dataclass(frozen=True)
class UnsafePrompts(Metric[Product]):
    """The share of requests that read like a jailbreak or ask for help with harm: with a risk of at least a threshold.

    ``requests with risk >= threshold / requests``. A request is ``prompt``, or the user turns of ``messages``. The risk comes
    from rules (`operators.kernels.request_rules`), or from the classifier of ``[features.request_classifier]``. Parts are the
    mean risk and the share of requests over the threshold with each kind: role play, override, system prompt, encoding and
    refusal suppression attack a model's rules (``jailbreak``: any of them); violence, weapons, drugs, hacking and the like are
    what help is asked for. The rules say little and mean it: of prompts that people wrote to be unsafe they find a quarter, of
    those that only sound so they flag one in twenty (XSTest, `benchmarks/safety.py`), of ordinary instructions hardly any. A
    share of zero is no proof of safety, and a new jailbreak is not among the rules. They read English. Whether the model
    complied is not asked: see `operators.text.refusals`. Skipped: null.

    0 to 1, lower is better, Wilson interval. Cost: that of the rules, about 3 MB a CPU-second, or of the classifier.

    Args:
        threshold: from which a risk counts.

    >>> columns = {"request_risk": pa.array([0.9, 0.0], pa.float32()), "request_kinds": [["override"], []]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = UnsafePrompts().value(UnsafePrompts().fold(batch))
    >>> value.value, value.parts["jailbreak"].value, value.evidence[0].note
    (0.5, 0.5, 'override, risk 0.90')

    Source: Wei et al. 2023 (arXiv 2307.02483), section 3; Röttger et al. 2024 (arXiv 2308.01263, XSTest).
    """

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("request_risk", "request_kinds")
    unit: ClassVar[str] = "share of requests"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2307.02483, section 3"

    def zero(self) -> Product:
        """No requests."""
        counts = {"unsafe": Ratio(), "jailbreak": Ratio(), "mean": Moments(), "skipped": Tally(), "worst": TopBy()}
        return Product({**counts, "kinds": RatioBy(_KINDS)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the requests over the threshold."""
        seen = valid_mask(batch["request_risk"])
        risk = batch["request_risk"].filter(pa.array(seen)).to_numpy(zero_copy_only=False)
        unsafe = np.flatnonzero(risk >= np.float32(self.threshold))
        kinds = [of or [] for of in batch["request_kinds"].filter(pa.array(seen)).take(pa.array(unsafe)).to_pylist()]
        names = pa.array([kind for of in kinds for kind in of], pa.string())
        attacks = sum(any(kind in _ATTACKS for kind in of) for of in kinds)
        return Product(
            {
                "unsafe": Ratio(len(unsafe), len(risk)),
                "jailbreak": Ratio(attacks, len(risk)),
                "mean": Moments.of(risk),
                "kinds": RatioBy.of(names, np.ones(len(names), np.bool_), _KINDS),
                "skipped": Tally({"no request": batch.num_rows - len(risk)} if len(risk) < batch.num_rows else {}),
                "worst": TopBy.of(
                    risk[unsafe].astype(np.float64),
                    batch[ID].to_numpy()[np.flatnonzero(seen)[unsafe]],
                    lambda at: ", ".join([*kinds[at], f"risk {risk[unsafe[at]]:.2f}"]),
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of unsafe requests."""
        skipped = state["skipped"].nonzero()
        unsafe: Ratio = state["unsafe"]
        value = unsafe.share("no record has a request")
        if value.value is None:
            return value.with_(skipped=skipped)
        counts = {name: hits for name, (hits, _) in state["kinds"].ratios.items()}
        ranked = sorted(counts, key=lambda name: (-counts[name], name))
        parts = {name: Ratio(counts[name], unsafe.n).share() for name in ranked}
        parts |= {"jailbreak": state["jailbreak"].share(), "mean": state["mean"].mean(within=self.range)}
        plot = Bars(tuple(ranked), tuple(counts[name] / unsafe.n for name in ranked), "share of requests") if ranked else None
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())
