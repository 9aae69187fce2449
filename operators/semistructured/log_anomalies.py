"""What a detector of anomalies learns from a log, tested on a real one."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from engine.errors import PlanError
from engine.metric import Comparison
from engine.schema import ID, Dimension, Direction
from engine.state import CellsBy, Product, Tally
from engine.value import Bars, Value, wilson
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array, mix
from operators.semistructured._log import shapes_of
from operators.semistructured._taught import Described, halves, scores

_EVENTS, _LEAST = 256, 5
_NORMAL = ("-", "normal", "0", "false", "ok", "")
_ANOMALY = 0
"""The cell that counts a window's anomalous lines; an event's is one more than its own number."""


def _with_a_group(pattern: str) -> str:
    try:
        groups = pl.Series(["x"]).str.extract_groups(pattern).struct.fields if pattern else ["session"]
    except pl.exceptions.PolarsError as error:
        raise PlanError(f"session is no regular expression: {str(error)[:200]}") from error
    if not groups:
        raise PlanError("session has no group: put what names a session in parentheses")
    return pattern


@dataclass(frozen=True)
class LogAnomalies(Comparison[Product]):
    """The F1 score on a real log's windows of a detector of anomalies that was trained on the subject's windows.

    Train on synthetic, test on real. A window is ``window`` lines one after the other, or, where ``session`` says what names
    one, the lines of a session. It is described by how often each event is in it (a line's shape, as in
    `semistructured.event_pairs`, in 256 cells by hash), and is anomalous where one of its lines is: where its ``label`` is none
    of ``normal``. The detector (100 extremely randomised trees, a fixed seed, both classes weighted equally) is tested on half
    of the reference's windows, by hash: ``F1 = 2 TP / (2 TP + FP + FN)``. Parts: ``precision``, ``recall``; ``real``, the score
    when trained on the reference's other half; ``always``, that of calling every window anomalous; and ``anomalous``, the share
    of tested windows that are.

    0 to 1, higher is better; interval: Wilson's of ``TP / (TP + FP + FN)``, of which F1 is a function. None with fewer than
    five windows, or without both kinds, on a side or half of one. Skipped: null, empty lines, lines without a label. Of
    more than ``size`` windows a side those with the smallest hash are used. Cost: about 20 MB/s a core, and a second of
    training.

    Args:
        window: lines of a window.
        session: a regular expression (Rust's syntax) whose first group names the session, such as ``(blk_-?\\\\d+)``.
        normal: the labels of lines that are no anomaly, in any case.
        size: windows a side.

    >>> def side(first):
    ...     at = np.arange(first, first + 400)
    ...     bad = at // 10 % 5 == 0
    ...     lines = np.where(bad, "disk failed", np.char.add("read block ", at.astype(str)))
    ...     columns = {"_id": at, "log": lines, "label": np.where(bad, "failure", "-")}
    ...     return LogAnomalies(window=10).fold(pa.RecordBatch.from_pydict(columns))
    >>> LogAnomalies(window=10).compare(side(0), side(1000)).value
    1.0

    Source: He et al. 2016 (Experience Report: System Log Analysis for Anomaly Detection), section 3; The LLM Data Auditor
    (arXiv 2601.17717), semi-structured utility.
    """

    window: Annotated[int, Field(ge=1, le=1 << 16)] = 20
    session: Annotated[str, AfterValidator(_with_a_group)] = ""
    normal: tuple[str, ...] = _NORMAL
    size: Annotated[int, Field(ge=16, le=1 << 17)] = 10_000

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("log", "label")
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "F1 score"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "He et al. 2016"

    def zero(self) -> Product:
        """No windows."""
        return Product({"windows": CellsBy(self.size, 1 + _EVENTS), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the events of each window."""
        said = shapes_of(batch["log"])
        spoken = (said.is_not_null() & (said != "")).fill_null(False).to_numpy()
        labelled = valid_mask(batch["label"])
        key, known = self._windows(batch)
        counts = {
            "no line": said.null_count(),
            "empty": int((said == "").sum()),
            "no label": int(np.count_nonzero(spoken & ~labelled)),
            "no session": int(np.count_nonzero(spoken & labelled & ~known)),
        }
        kept = spoken & labelled & known
        events = hash_array(said.fill_null("").cast(pl.String).to_arrow())[kept, 0]
        quiet = pc.is_in(pc.utf8_lower(batch["label"]), value_set=pa.array([one.lower() for one in self.normal], pa.string()))
        bad = kept & ~quiet.to_numpy(zero_copy_only=False)
        cells = np.concatenate([1 + (events % np.uint64(_EVENTS)).astype(np.int64), np.full(int(bad.sum()), _ANOMALY)])
        windows = CellsBy.of(np.concatenate([key[kept], key[bad]]), cells, self.size, 1 + _EVENTS)
        return Product({"windows": windows, "skipped": Tally({reason: n for reason, n in counts.items() if n})})

    def _windows(self, batch: pa.RecordBatch) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """The key of each line's window, and whether it has one."""
        if not self.session:
            places: NDArray[np.uint64] = (batch[ID].to_numpy().astype(np.int64) // self.window).view(np.uint64)
            return mix(places + np.uint64(1)), np.ones(len(batch), np.bool_)
        named = pl.Series("log", batch["log"], dtype=pl.String).str.extract(self.session)
        keys = hash_array(named.fill_null("").cast(pl.String).to_arrow())[:, 0]
        return keys, named.is_not_null().to_numpy()

    def compare(self, subject: Product, reference: Product) -> Value:
        """Train on the subject and on half of the reference, and test on the other half."""
        skipped = subject["skipped"].nonzero()
        mine, theirs = (_described(side["windows"]) for side in (subject, reference))
        test, other = halves(theirs)
        for side, (_, classes, _) in (("subject", mine), ("reference's one half", test), ("reference's other half", other)):
            if len(np.unique(classes)) < 2:
                return Value.missing(f"the windows of the {side} are not of both kinds, normal and anomalous", skipped)
            if len(classes) < _LEAST:
                return Value.missing(f"the {side} has {len(classes)} windows, fewer than {_LEAST}", skipped)
        value, parts = _f1(mine, test)
        bad = test[1] == 1
        real, share = _f1(other, test)[0], float(bad.mean())
        always = Value.exact(2 * share / (1 + share), len(bad))
        parts |= {"real": real, "always": always, "anomalous": Value.exact(share, len(bad))}
        bars = {"subject": value.value or 0.0, "real": real.value or 0.0, "always": always.value or 0.0}
        plot = Bars(tuple(bars), tuple(bars.values()), "F1 score")
        return value.with_(skipped=skipped, parts=parts, plot=plot)


def _described(windows: CellsBy) -> Described:
    """Counts of events, whether there is an anomaly, and that each window is one."""
    known = windows.known
    at = np.searchsorted(known, windows.key)
    counts = np.zeros((len(known), 1 + _EVENTS), np.float32)
    counts[at, windows.cell] = windows.count
    return counts[:, 1:], (counts[:, _ANOMALY] > 0).astype(np.int64), np.ones(len(known), np.int64)


def _f1(train: Described, test: Described) -> tuple[Value, dict[str, Value]]:
    names, probable = scores(train, test[0])
    told, true = names[probable.argmax(axis=1)] == "1", test[1] == 1
    hits, alarms, bad = (int(np.count_nonzero(one)) for one in (told & true, told, true))
    union = alarms + bad - hits
    low, high = (2 * end / (1 + end) for end in wilson(hits, union))
    shares: dict[str, Any] = {"precision": (hits, alarms), "recall": (hits, bad)}
    parts = {
        name: Value.exact(n / of, of) if of else Value.missing("no window is called anomalous")
        for name, (n, of) in shares.items()
    }
    return Value(2 * hits / (alarms + bad), len(true), low, high, estimator="sample"), parts
