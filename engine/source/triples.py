"""Triples of a knowledge graph, a line each without a header: three fields between tabs, as benchmarks have them, or N-Triples.

Columns ``head``, ``relation`` and ``tail``, as they are written. Lines of N-Triples that are comments are no records, as blank
ones are none.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.source.block import Block, Spans, Wants
from engine.source.objects import texts

FORMAT = "triples"
COLUMNS = ("head", "relation", "tail")

_FIELDS = "^" + r"\t".join(rf"(?P<{name}>[^\t]+)" for name in COLUMNS) + "$"
_NODE = r"<[^>]*>|_:[^ \t]+"
_LITERAL = r'"(?:[^"\\]|\\.)*"(?:\^\^<[^>]*>|@[A-Za-z0-9-]+)?'
_STATEMENT = rf"^[ \t]*(?P<head>{_NODE})[ \t]*(?P<relation><[^>]*>)[ \t]*(?P<tail>{_NODE}|{_LITERAL})[ \t]*\.[ \t]*(?:#.*)?$"
_FAULT = "no triple: neither three fields between tabs nor a statement of N-Triples"


def block_of(spans: Spans, wants: Wants) -> Block:
    """The triples of some lines; a line that is none is a fault of its own."""
    spans = _without_comments(spans)
    faults = dict(spans.faults)
    parts = table_of(texts(spans, faults))
    for row in np.flatnonzero(parts["head"].combine_chunks().is_null().to_numpy(zero_copy_only=False)).tolist():
        faults.setdefault(row, _FAULT)
    columns = {}
    for want in wants:
        (name,) = want.origin if len(want.origin) == 1 else ("",)
        columns[want.name] = parts[name].combine_chunks() if name in COLUMNS else pa.nulls(len(spans), want.type)
    return Block(len(spans), columns, faults)


def table_of(lines: pa.Array) -> pa.Table:
    r"""Head, relation and tail of each line; null where it is no triple.

    >>> table_of(pa.array(["a\tlikes\tb", '<urn:a> <urn:name> "Ann"@en .', "a b"])).to_pylist()[1:]
    [{'head': '<urn:a>', 'relation': '<urn:name>', 'tail': '"Ann"@en'}, {'head': None, 'relation': None, 'tail': None}]
    """
    fields, statement = pc.extract_regex(lines, _FIELDS), pc.extract_regex(lines, _STATEMENT)
    return pa.table({name: pc.coalesce(pc.struct_field(fields, name), pc.struct_field(statement, name)) for name in COLUMNS})


def are_triples(lines: pa.Array) -> bool:
    r"""Whether every one of some lines seems to be a triple: relations are fewer than lines.

    >>> are_triples(pa.array(["a\tlikes\tb", "b\tlikes\ta"])), are_triples(pa.array(["a text\tanother\t0", "one\ttwo\t1"]))
    (True, False)
    """
    relations = table_of(lines)["relation"]
    return len(lines) > 0 and relations.null_count == 0 and 2 * pc.count_distinct(relations).as_py() <= len(lines)


def _without_comments(spans: Spans) -> Spans:
    first = spans.bytes[np.minimum(spans.starts, max(0, len(spans.data) - 1))] if len(spans.data) else np.empty(0, np.uint8)
    if not len(first) or not (first == ord("#")).any():
        return spans
    tabs = np.r_[0, np.cumsum(spans.bytes == ord("\t"))]
    comment = (first == ord("#")) & (spans.ends > spans.starts) & (tabs[spans.ends] - tabs[spans.starts] != 2)
    return spans.select(~comment)
