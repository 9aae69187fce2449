"""What the metrics of graphs share: which graphs of a batch are measured, and why the others are not."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import FAULT
from engine.state import Tally
from operators.kernels.buffers import valid_mask
from operators.kernels.graphs import Graphs, graphs_of


def measured(batch: pa.RecordBatch, most_nodes: int, least_nodes: int = 1) -> tuple[Graphs, NDArray[np.int64], Tally]:
    """The graphs of a batch, the positions among them of those to measure, and how many records are skipped, by reason."""
    graphs = graphs_of(batch["graph_structure"])
    sizes = np.diff(graphs.nodes)
    unreadable = int(np.count_nonzero(valid_mask(batch[FAULT])))
    reasons = {
        "unreadable": unreadable,
        "no graph that is well formed": len(batch) - unreadable - len(sizes),
        "without a node" if least_nodes == 1 else f"fewer than {least_nodes} nodes": int((sizes < least_nodes).sum()),
        f"more than {most_nodes:,} nodes": int((sizes > most_nodes).sum()),
    }
    kept = np.flatnonzero((sizes >= least_nodes) & (sizes <= most_nodes))
    return graphs, kept, Tally({reason: count for reason, count in reasons.items() if count > 0})
