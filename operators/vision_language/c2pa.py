"""Content credentials: absent, invalid, valid, trusted."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio, RatioBy, Tally
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask
from operators.kernels.manifests import UNTRUSTED
from operators.vision_language._shares import counted, nothing, share

_STATES = ("absent", "invalid", "valid", "trusted", "remote", "unreadable")
_SHOWN = 10


@dataclass(frozen=True)
class C2pa(Metric[Product]):
    """The share of records whose content credentials (C2PA) hold: signed, and not a byte changed since.

    ``(valid + trusted) / records with an image or a clip``. Parts are the shares of every state, which add up to one:
    ``absent``; ``invalid`` (tampered with or broken); ``valid`` (intact, by a signer of whom no trust list knows); ``trusted``
    (by one that ``[features.c2pa_manifest] trust_anchors`` names); ``remote`` (only the address of a manifest, which is not
    fetched); ``unreadable`` (the reader can parse the file or its manifest no further, as one of before the standard). Further
    ``present`` (invalid, valid, trusted or remote); how often each code of failed validation stood among records with a
    manifest (``failure assertion.dataHash.mismatch``); of those whose credentials hold, the shares that name what made them
    (``names its generator``) and whose ingredients with a manifest are all there (``lineage is whole``). States are told as by
    the reference reader. Skipped: records without an image or a clip.

    0 to 1, higher is better, Wilson interval. Cost: 3 ms a file with a manifest, 0.3 ms without.

    >>> from operators.features.c2pa_manifest import STRUCT
    >>> said = {"failures": [], "sources": [], "ingredients": 0, "missing": 0, "opted_out": [], "generator": "gimp 3"}
    >>> states = [{**said, "state": state} for state in ("valid", "absent", "absent", "invalid")]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(4), "c2pa": pa.array(states, STRUCT)})
    >>> value = C2pa().value(C2pa().fold(batch))
    >>> value.value, value.parts["present"].value, value.parts["invalid"].value, value.parts["names its generator"].value
    (0.25, 0.5, 0.25, 1.0)

    Source: C2PA Technical Specification 2.x, validation; METRICS 7.6.
    """

    dimension: ClassVar[Dimension] = Dimension.PROVENANCE
    reads: ClassVar[tuple[str, ...]] = ("c2pa",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "C2PA Technical Specification 2.x, validation"

    def zero(self) -> Product:
        """No records."""
        return nothing() + Product({"failures": Tally(), "generators": RatioBy(), "named": Ratio(), "whole": Ratio()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count states and codes."""
        seen = valid_mask(batch["c2pa"])
        said: list[dict[str, Any] | None] = batch["c2pa"].to_pylist()
        states = np.array([one["state"] if one else "" for one in said], object)
        holds = np.isin(states, ("valid", "trusted"))
        kinds = {state: states == state for state in _STATES}
        kinds["present"] = np.isin(states, ("invalid", "valid", "trusted", "remote"))
        good = [one for one, held in zip(said, holds.tolist(), strict=True) if one and held]
        codes = Counter(code for one in said if one for code in one["failures"] if code != UNTRUSTED)
        names = pa.array([one["generator"] if one else None for one in said], pa.string())
        state = counted(batch, seen, holds, kinds, "no image or clip", lambda row: _note(said[row]), states == "invalid")
        return state + Product(
            {
                "failures": Tally(dict(codes)),
                "generators": RatioBy.of(names, holds),
                "named": Ratio(sum(one["generator"] is not None for one in good), len(good)),
                "whole": Ratio(sum(not one["missing"] for one in good), len(good)),
            }
        )

    def value(self, state: Product) -> Value:
        """The share whose credentials hold."""
        if not state["hits"].n:
            return share(state, "no record has an image or a clip")
        present = state["kinds"]["present"].hits
        failures = {f"failure {code}": Ratio(count, present).share() for code, count in state["failures"].nonzero().items()}
        parts = {
            "names its generator": state["named"].share("no record has credentials that hold"),
            "lineage is whole": state["whole"].share("no record has credentials that hold"),
            "generators": _generators(state["generators"]),
        }
        return share(state, "no record has an image or a clip", {**parts, **failures})


def _generators(by: RatioBy) -> Value:
    """How many there are, the most frequent as bars."""
    if not by.ratios:
        return Value.missing("no manifest names what made it")
    ranked = sorted(by.ratios.items(), key=lambda item: (-item[1][1], item[0]))[:_SHOWN]
    bars = Bars(tuple(name for name, _ in ranked), tuple(float(n) for _, (_, n) in ranked), "records")
    return Value.exact(len(by.ratios), sum(n for _, n in by.ratios.values())).with_(plot=bars)


def _note(said: dict[str, Any] | None) -> str:
    failures = [code for code in (said or {}).get("failures", []) if code != UNTRUSTED]
    return ", ".join(["invalid", *failures[:3]])
