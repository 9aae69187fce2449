"""Groups of records whose texts are nearly the same: MinHash, bands, verification of every pair, components."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from engine.relation import COLUMNS, KEY, Emission, Forecast, Over, Relation, Round, Rounds, Route, Scale
from engine.schema import FAULT, ID, PAYLOAD, Side
from operators.kernels.buffers import strings
from operators.kernels.jaccard import jaccard
from operators.kernels.lsh import Bands, choose, detection
from operators.kernels.minhash import Sketches, permutations, sketch
from operators.kernels.normalise import Ignored, normalised
from operators.kernels.planting import edited
from operators.kernels.shingles import Shingling, shingle_sets
from operators.near import candidates, columns, groups, verify
from operators.near.forecast import forecast
from operators.near.rows import (
    EDGES,
    ELECTED,
    LABELS,
    MEMBERS,
    NEAR,
    PAIRS,
    PLANTED,
    SETS,
    TWIN,
    TWINS,
    UNSURE,
    WANTED,
    banded,
    drawn,
    folded,
    half,
    packed,
    planted,
    spread,
)
from operators.near.texts import record_texts

RATES = (0.01, 0.02, 0.05, 0.1)
"""The shares of words that planted copies have edited."""


@dataclass(frozen=True)
class NearGroups(Relation):
    """Beside every record: its group of near-duplicates, and whether it is the one to keep.

    Two records are near-duplicates when the Jaccard similarity of their sets of shingles is at least ``threshold``; groups are
    the connected components. Candidates come from banded MinHash signatures; each is verified, from the signatures where these
    are clear and from the texts where they are not, before it joins anything. A text of fewer words than a shingle has is one
    shingle of all its words: it is near only to texts of the same words. A text without words is like every other such text.

    Args:
        threshold: the least Jaccard similarity of near-duplicates.
        shingle: runs of words (`operators.kernels.shingles`) or of characters.
        size: words or characters to a shingle.
        ignore: differences that do not count: "case", "punctuation", "unicode" (other compositions of the same characters).
        permutations: the most lanes of a signature; bands and rows are chosen so that a pair at the threshold is found with a
            probability of 0.995 and as few others as can be.
        keep: of a group, which record is kept: the first, the longest text, or the best by the logical column ``dedup_rank``.
        decontaminate: whether records near one of the reference are not kept either.
        planted: about how many records get an edited copy, to measure how many near-duplicates are found.
        seed: of the permutations.

    Columns written (ids are `engine.schema.record_id`, those of other sides count on after the subject's units):
        group_id, group_size: the first record of the group, and how many it has. Null where there is no text.
        keep: null where the record could not be read.
        similarity, neighbor_id: of the most similar verified near-duplicate.
        reference_similarity, reference_id, holdout_..., known_...: the same in the reference, the holdout, earlier corpora.
        origin: the record's ``source``, where it has one.

    Cost: about 3 ns a byte for signatures, 2 bytes a lane kept for good, 16 bytes a band and record through the exchange.

    Source: Broder 1997; Lee et al. 2022, section 4.2; METRICS S7.
    """

    reads: ClassVar[tuple[str, ...]] = (PAYLOAD,)
    may_read: ClassVar[tuple[str, ...]] = ("source", "dedup_rank")
    keeps: ClassVar[bool] = True
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "group_id": pa.int64(),
        "group_size": pa.int64(),
        "keep": pa.bool_(),
        "similarity": pa.float64(),
        "neighbor_id": pa.int64(),
        "reference_similarity": pa.float64(),
        "reference_id": pa.int64(),
        "holdout_similarity": pa.float64(),
        "holdout_id": pa.int64(),
        "known_similarity": pa.float64(),
        "known_id": pa.int64(),
        "origin": pa.large_string(),
    }

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    shingle: Literal["word", "character"] = "word"
    size: Annotated[int, Field(ge=1, le=64)] = 5
    ignore: tuple[Ignored, ...] = ()
    permutations: Annotated[int, Field(ge=1, le=1024)] = 128
    keep: Literal["first", "longest", "best"] = "first"
    decontaminate: bool = False
    planted: Annotated[int, Field(ge=0)] = 2000
    seed: Annotated[int, Field(ge=0)] = 1
    bands: Annotated[int, Field(ge=0)] = field(default=0)
    rows: Annotated[int, Field(ge=0)] = field(default=0)

    @cached_property
    def cut(self) -> Bands:
        """The bands: as asked (``bands`` and ``rows``), or chosen for the threshold.

        >>> NearGroups().cut
        Bands(bands=18, rows=6)
        """
        return Bands(self.bands, self.rows) if self.bands and self.rows else choose(self.threshold, self.permutations)

    @property
    def emits(self) -> Mapping[str, Route]:
        """Content keys, and edited copies of a sample."""
        return {"twins": TWINS, "planted": planted(self.cut, Over.WHOLE)}

    def kept_identity(self) -> Mapping[str, Any]:
        """What signatures depend on."""
        return {
            "version": self.version,
            "shingle": self.shingle,
            "size": self.size,
            "ignore": sorted(self.ignore),
            "bands": self.cut.bands,
            "rows": self.cut.rows,
            "seed": self.seed,
        }

    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:
        """Signatures to keep; content keys of records that have a text; copies of a sample of the subject."""
        texts = normalised(record_texts(batch[PAYLOAD]), self.ignore)
        made = self._sketched(texts)
        ids, some = batch[ID].to_numpy(), made.shingles > 0
        rows = {KEY: made.twins[some, 0], "low": made.twins[some, 1], ID: ids[some]}
        channels = {"twins": pa.table(rows)}
        if side is Side.SUBJECT and self.planted:
            channels["planted"] = self._copies(texts, ids, made, some, min(1.0, self.planted / max(1, expected)))
        return Emission(channels, self._kept(batch, texts, made))

    def explained(self) -> tuple[str, ...]:
        """The bands, and how probably they find a pair.

        >>> NearGroups().explained()[1]
        'pairs found: 7 % at 0.4, 25 % at 0.5, 58 % at 0.6, 89 % at 0.7, 99.6 % at 0.8, 100 % at 0.9'
        """
        at = [step / 10 for step in range(1, 10) if abs(step / 10 - self.threshold) < 0.45]
        found = [100 * float(share) for share in detection(self.cut, np.array(at))]
        shown = [f"{share:.1f}".rstrip("0").rstrip(".") if share > 99 else f"{share:.0f}" for share in found]
        curve = ", ".join(f"{share} % at {s:g}" for share, s in zip(shown, at, strict=True))
        kind = f"{self.size}-grams of {self.shingle}s" + (f", ignoring {', '.join(self.ignore)}" if self.ignore else "")
        lanes = f"{self.cut.permutations} permutations in {self.cut.bands} bands of {self.cut.rows}"
        return f"{kind}, Jaccard at least {self.threshold:g}; {lanes}", f"pairs found: {curve}"

    def forecast(self, scale: Scale) -> Forecast:
        """See `operators.near.forecast`."""
        return forecast(scale, self.cut, self.planted)

    def rounds(self) -> Rounds:
        """Twins, candidates, verification, components, columns."""
        cut = self.cut
        copies = {"copies.planted": planted(cut)}
        judged = {"near": NEAR, "edges": EDGES}
        yield Round("twins", Over.KEYS, {"emit.twins": TWINS}, {"twin": TWIN, **judged}, candidates.twins, ("emit.twins",))
        takes = {"emit.planted": planted(cut, Over.WHOLE)}
        yield Round("copies", Over.WHOLE, takes, {"planted": planted(cut)}, candidates.copies)
        takes = {"twins.twin": TWIN, **copies}
        yield Round("bands", Over.RANGES, takes, {"bands": banded(cut)}, candidates.IntoBands(cut))
        takes = {"bands.bands": banded(cut)}
        yield Round("pairs", Over.KEYS, takes, {"pairs": PAIRS}, candidates.pairs, ("bands.bands",), cut.bands)
        takes = {"pairs.pairs": PAIRS, **copies}
        yield Round("attach", Over.RANGES, takes, {"half": half(cut)}, verify.Attach(cut), ("pairs.pairs",))
        gives = {**judged, "unsure": UNSURE, "wanted": WANTED}
        takes = {"attach.half": half(cut), **copies}
        yield Round("estimate", Over.RANGES, takes, gives, verify.Estimate(cut, self.threshold), ("attach.half",))
        takes = {"estimate.wanted": WANTED, **copies}
        yield Round("reread", Over.RANGES, takes, {"sets": SETS}, verify.Reread(self.shingling, self.ignore))
        takes = {"estimate.unsure": UNSURE, "reread.sets": SETS}
        counts = yield Round("exact", Over.RANGES, takes, judged, verify.Exact(self.threshold), ("reread.sets",))
        yield from groups.rounds(counts)
        near = dict.fromkeys(("twins.near", "estimate.near", "exact.near"), NEAR)
        takes = {"labels.labels": LABELS, "twins.twin": TWIN, **copies, **near}
        score = {"first": "", "longest": "length", "best": "rank"}[self.keep]
        yield Round("members", Over.RANGES, takes, {"members": MEMBERS}, columns.Members(score))
        yield Round("elect", Over.KEYS, {"members.members": MEMBERS}, {"elected": ELECTED}, columns.elect)
        takes = {"elect.elected": ELECTED, **near}
        yield Round("columns", Over.RANGES, takes, {COLUMNS: self.columns()}, columns.Columns(self.decontaminate))

    @property
    def shingling(self) -> Shingling:
        """What is compared."""
        return Shingling(self.shingle, self.size)

    def _sketched(self, texts: pa.Array) -> Sketches:
        return sketch(strings(texts), self.shingling, *permutations(self.cut.permutations, self.seed))

    def _kept(self, batch: pa.RecordBatch, texts: pa.Array, made: Sketches) -> pa.Table:
        shingles = made.shingles.copy()
        shingles[batch[FAULT].is_valid().to_numpy(zero_copy_only=False)] = -1
        nothing = pa.nulls(len(batch), pa.large_string())
        best = self.keep == "best" and "dedup_rank" in batch.schema.names
        return pa.table(
            {
                "signature": packed(folded(made.signatures)),
                "content": made.twins[:, 1],
                "shingles": shingles,
                "length": pc.binary_length(texts).cast(pa.int64()),
                "rank": batch["dedup_rank"] if best else pa.nulls(len(batch), pa.float64()),
                "source": batch["source"].cast(pa.large_string()) if "source" in batch.schema.names else nothing,
            }
        )

    def _copies(
        self, texts: pa.Array, ids: NDArray[np.int64], made: Sketches, some: NDArray[np.bool_], share: float
    ) -> pa.Table:
        """Copies of a sample, chosen by content, that are near-duplicates of their originals indeed."""
        seed = made.twins[:, 1]
        at = np.flatnonzero(some & drawn(spread(seed), share))
        originals, seeds = texts.take(pa.array(at)), seed[at]
        rate = np.array(RATES)[(spread(seeds ^ np.uint64(1)) % np.uint64(len(RATES))).astype(np.int64)]
        copies = edited(originals, rate, seeds)
        sets = [shingle_sets(strings(side), self.shingling, verify.MOST_SHINGLES) for side in (originals, copies)]
        each = np.arange(len(at))
        truth = jaccard(*sets[0], *sets[1], each, each, verify.MOST_SHINGLES)
        near = np.flatnonzero(truth >= self.threshold)
        signatures = folded(self._sketched(copies).signatures)[near]
        chosen = at[near]
        fields = {"at": ids[chosen], ID: ids[chosen] | np.int64(PLANTED), "seed": seeds[near], "rate": rate[near]}
        return pa.table({**fields, "truth": truth[near], "signature": packed(signatures)})
