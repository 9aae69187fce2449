"""States that merge: frozen, small, commutative under ``+``, neutral when made with no arguments, and stored as JSON.

A state depends only on which records were folded into it, never on how they were cut into batches or merged. Counts, exact
sums and bottom-k sketches keep that to the bit; that is why a report is the same bytes on any number of workers.
"""

from engine.state.cells_by import CellsBy
from engine.state.codec import State, decode, encode
from engine.state.counts import Counts
from engine.state.distinct import Distinct
from engine.state.exact_sum import ExactSum
from engine.state.grams import Grams
from engine.state.histogram import Histogram
from engine.state.moments import Moments
from engine.state.product import Product
from engine.state.quantiles import Quantiles
from engine.state.ratio import Ratio
from engine.state.ratio_by import RatioBy
from engine.state.sample import Sample
from engine.state.second_moment import SecondMoment
from engine.state.succession import Succession
from engine.state.tally import Tally
from engine.state.top_by import TopBy
from engine.state.vector_sample import VectorSample

__all__ = [
    "CellsBy",
    "Counts",
    "Distinct",
    "ExactSum",
    "Grams",
    "Histogram",
    "Moments",
    "Product",
    "Quantiles",
    "Ratio",
    "RatioBy",
    "Sample",
    "SecondMoment",
    "State",
    "Succession",
    "Tally",
    "TopBy",
    "VectorSample",
    "decode",
    "encode",
]
