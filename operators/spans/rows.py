"""The rows that go through the rounds, and their routes. Ids and kinds of records are those of `operators.near.rows`."""

import pyarrow as pa

from engine.relation import KEY, Over, Route
from engine.schema import ID

GRAM = 16
"""Words to an anchor."""
_INT, _SHORT = pa.int64(), pa.int32()

_HASH = pa.uint64()
ANCHORS = Route(
    pa.schema([(KEY, _HASH), (ID, _INT), ("at", _SHORT), ("words", _SHORT), ("before", _HASH), ("after", _HASH)]),
    compressed=False,
)
"""An anchor of a record: where it is, how many words the record has (of a planted passage: percent of words changed), and
hashes of the words beside the anchor."""
PLANTED_PASSAGES = Route(pa.schema([("percent", _SHORT)]), Over.WHOLE)
_ASKING = [("toward", _INT), (ID, _INT), ("at", _SHORT), ("words", _SHORT)]
MET = Route(pa.schema([*_ASKING, ("other", _INT), ("other_at", _SHORT), ("holders", _INT)]), Over.RANGES, "toward")
"""An anchor of the subject's, or of a planted passage, that another record has; ``holders``: records of that side with it."""
WANTED = Route(
    pa.schema([("other", _INT), (ID, _INT), ("first", _SHORT), ("last", _SHORT), ("begin", _SHORT), ("holders", _INT)]),
    Over.RANGES,
    "other",
)
"""The words ``first`` to ``last`` of another record, which lie beside those of the subject's from ``begin`` on."""
PASSAGES = Route(
    pa.schema([(ID, _INT), ("other", _INT), ("begin", _SHORT), ("holders", _INT), ("text", pa.large_string())]), Over.RANGES, ID
)
