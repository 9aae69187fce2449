"""SHA-1's first four bytes against hashlib."""

import hashlib

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.buffers import strings
from operators.kernels.sha1 import sha1_hash32


def expected(message):
    return int.from_bytes(hashlib.sha1(message).digest()[:4], "little")


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_any_bytes(messages):
    assert sha1_hash32(strings(pa.array(messages, pa.binary()))).tolist() == [expected(m) for m in messages]


def test_every_length_around_a_block():
    messages = [bytes(i % 251 for i in range(size)) for size in [*range(200), 10**6]]
    assert sha1_hash32(strings(pa.array(messages))).tolist() == [expected(m) for m in messages]
