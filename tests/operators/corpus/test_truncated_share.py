"""The share of records that were cut, counted by hand."""

import pyarrow as pa

from operators.corpus.truncated_share import TruncatedShare


def value(cut):
    metric = TruncatedShare()
    columns = {"_id": pa.array(range(len(cut)), pa.int64()), "embedding_cut": pa.array(cut, pa.bool_())}
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(columns)))


def test_cut_records_are_counted_and_shown():
    found = value([True, False, None, True, False])
    assert found.value == 0.5
    assert found.skipped == {"no embedding": 1}
    assert [item.record for item in found.evidence] == [0, 3]


def test_nothing_is_none():
    assert value([None]).reason == "no record has an embedding"
