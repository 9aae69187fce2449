"""The longest span of words that each record shares, word for word, with a record of the reference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.relation import COLUMNS, KEY, Emission, Forecast, Over, Relation, Round, Rounds, Route, Scale
from engine.schema import ID, PAYLOAD, Side
from operators.kernels.buffers import strings
from operators.kernels.hashing import hash_array
from operators.kernels.winnow import anchors, beside
from operators.kernels.words import WordSpans, split_words
from operators.near.rows import PLANTED, drawn, spread
from operators.near.texts import record_texts
from operators.spans import search, verify
from operators.spans.forecast import forecast
from operators.spans.rows import ANCHORS, GRAM, MET, PASSAGES, PLANTED_PASSAGES, WANTED

PERCENTS = (0, 1, 2, 5)
"""Of the words of planted passages, how many are changed."""


@dataclass(frozen=True)
class SharedSpans(Relation):
    """Beside every record: the longest span of words that it shares with a record of the reference, and with the holdout.

    Words are those of `operators.kernels.words.split_words` as written; the space between them does not count. Every span of
    ``least`` words or more is found, except where more than 16 places of a side have the same 33 words of it (boilerplate), or
    more than 32 passages of a side have as much in common with the record: both are counted. A candidate is laid beside the
    record and compared word by word before it counts. How much is missed of passages that are copied with changes is measured
    too: passages of twice ``least`` words are planted with 0, 1, 2 and 5 % of their words changed, and looked for like any
    record.

    Args:
        least: words of the shortest span that counts.
        planted: about how many passages are planted.

    Columns written (ids as everywhere in relations):
        shared_words: words of the longest span; 0 where there is none of ``least``, null for a record of fewer words.
        shared_id, shared_at: the record of the reference, and the number of the span's first word in the subject's record.
        shared_holders: records of the reference that may have all of the span: they have its anchors and the words beside.
        holdout_shared_words: of the longest span shared with a record of the holdout.

    Cost: the words of every side, about 100 MB/s a core; 40 bytes for every 18th word through the exchange; the records with
    candidates are read again.

    Source: Lee et al. 2022, section 4.1; Carlini et al. 2023; Schleimer et al. 2003 for the anchors.
    """

    least: Annotated[int, Field(ge=GRAM + 1, le=10_000)] = 50
    planted: Annotated[int, Field(ge=0)] = 500

    reads: ClassVar[tuple[str, ...]] = (PAYLOAD,)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "shared_words": pa.int64(),
        "shared_id": pa.int64(),
        "shared_at": pa.int64(),
        "shared_holders": pa.int64(),
        "holdout_shared_words": pa.int64(),
    }

    @property
    def emits(self) -> Mapping[str, Route]:
        """Anchors, those of planted passages among them; what was planted."""
        return {"anchors": ANCHORS, "planted": PLANTED_PASSAGES}

    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:
        """The anchors of every record long enough, and passages planted from a sample of the reference."""
        texts, ids = record_texts(batch[PAYLOAD]), batch[ID].to_numpy()
        spans = split_words(strings(texts))
        words = np.diff(spans.offsets).astype(np.int32)
        bounds, ats, keys = anchors(spans.offsets, spans.hashes, GRAM, self.least)
        before, after = beside(spans.offsets, spans.hashes, bounds, ats, GRAM, self.least)
        of = np.repeat(np.arange(len(ids)), np.diff(bounds))
        every = {KEY: keys, ID: ids[of], "at": ats, "words": words[of], "before": before, "after": after}
        found = [pa.table(every).filter(pa.array(words[of] >= self.least))]
        channels: dict[str, pa.Table] = {}
        if side is Side.REFERENCE and self.planted:
            chosen = drawn(spread(hash_array(texts)[:, 0]), min(1.0, self.planted / max(1, expected)))
            made = list(self._planted(spans, ids, np.flatnonzero(chosen & (words >= 2 * self.least))))
            channels["planted"] = pa.table({"percent": pa.array([percent for percent, _ in made], pa.int32())})
            found += [rows for _, rows in made]
        return Emission({"anchors": pa.concat_tables(found), **channels}, pa.table({"words": words}))

    def _planted(self, spans: WordSpans, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> Iterator[tuple[int, pa.Table]]:
        """Passages with words changed; anchors only of those that still have a span long enough."""
        for row in rows.tolist():
            words = spans.hashes[spans.offsets[row] : spans.offsets[row + 1]]
            rng = np.random.default_rng(int(words.sum()))
            start = int(rng.integers(len(words) - 2 * self.least + 1))
            for percent in PERCENTS:
                passage = words[start : start + 2 * self.least].copy()
                changed = np.flatnonzero(rng.random(len(passage)) < percent / 100)
                passage[changed] = rng.integers(1 << 63, size=len(changed), dtype=np.uint64)
                whole = np.diff(np.r_[-1, changed, len(passage)]).max() - 1 >= self.least
                ends = np.array([0, len(passage)])
                bounds, ats, keys = anchors(ends, passage, GRAM, self.least)
                before, after = beside(ends, passage, bounds, ats, GRAM, self.least)
                source = np.full(len(keys), ids[row] | PLANTED)
                every = {KEY: keys, ID: source, "at": ats, "words": np.full(len(keys), percent, np.int32)}
                yield percent, pa.table({**every, "before": before, "after": after}).slice(0, len(keys) if whole else 0)

    def rounds(self) -> Rounds:
        """Anchors meet, passages are chosen, read again and laid beside the records."""
        yield Round("planted", Over.WHOLE, {"emit.planted": PLANTED_PASSAGES}, {}, search.planted, ("emit.planted",))
        meet = search.Meet((self.least - GRAM) // 2)
        yield Round("meet", Over.KEYS, {"emit.anchors": ANCHORS}, {"met": MET}, meet, ("emit.anchors",))
        yield Round("choose", Over.RANGES, {"meet.met": MET}, {"wanted": WANTED}, search.choose, ("meet.met",))
        takes = {"choose.wanted": WANTED}
        yield Round("passages", Over.RANGES, takes, {"passages": PASSAGES}, verify.passages, ("choose.wanted",))
        takes = {"passages.passages": PASSAGES}
        yield Round("columns", Over.RANGES, takes, {COLUMNS: self.columns()}, verify.Verify(self.least), ("passages.passages",))

    def explained(self) -> Sequence[str]:
        """What counts."""
        return (f"spans of {self.least} words or more, word for word",)

    def forecast(self, scale: Scale) -> Forecast:
        """See `operators.spans.forecast`."""
        return forecast(scale, GRAM, self.least)
