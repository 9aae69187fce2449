"""Reading some records of a unit once more, for a relation that has to look at them again."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from engine.job import Job
from engine.schema import ID, Side, record_id
from engine.shelf import Bench
from engine.source.read import read
from engine.stream import with_features


def reread(job: Job, relation: str, side: Side, unit: int, rows: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """The rows of a unit, in order, with the columns that the relation reads. Reads no further than the last of them."""
    step = job.graph.rereads[relation][side]
    manifest = job.manifest(side)
    features = Bench.of(job, step).some(manifest.units[unit])
    wanted = np.sort(np.asarray(rows, np.int64)) + record_id(unit, 0)
    for batch in read(job.dataset(side), manifest, manifest.units[unit], step.columns, sorted(rows)):
        ids = batch[ID].to_numpy()
        start, stop = np.searchsorted(wanted, [ids[0], ids[-1] + 1]) if len(ids) else (0, 0)
        if stop > start:
            yield with_features(batch.take(pa.array(wanted[start:stop] - ids[0])), step, features)[0]
        if stop == len(wanted):
            return
