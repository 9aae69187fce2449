"""A corpus with planted exact and near-duplicates, the same bytes on every run, of any size, one shard at a time.

Documents are words of a made-up vocabulary in Zipf-Mandelbrot frequencies (weight of rank r: 1 / (r + 2.7)), with log-normal
lengths around 400 words (`short`: 8 to 12 words). One document in ten repeats an earlier one exactly. One in ten is an edited
version of a cluster's base: bases are the documents of ids divisible by 40, so that a cluster has about four versions (the
oldest have more), each with its own share of edited words between 1 % and 10 %: a third substituted, a third deleted, a third
with a word inserted after them. The edits are drawn word by word, so that a short text may come out unedited.

Every draw is a hash of (seed, purpose, document, position): any document can be written without the ones before it, a shard
is reproducible alone, and a corpus is a prefix of every larger one with the same seed.

``python -m benchmarks.near_corpus DEST --documents 100000 [--short] [--seed 0]``
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import count
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS_A_SHARD, ROWS_A_GROUP = 50_000, 10_000
VOCABULARY = 60_000
CLUSTER_STEP = 40  # a base every 40 documents and 4 versions among as many: clusters of about five
EXACT_SHARE = NEAR_SHARE = 0.1 * CLUSTER_STEP / (CLUSTER_STEP - 1)  # of the documents that are no base
LEAST_EDITS, MOST_EDITS = 0.01, 0.10
MEAN_WORDS, SIGMA = 400, 0.5

Array = np.ndarray[Any, np.dtype[Any]]


class Purpose(IntEnum):
    """What a draw is for: streams that share no value."""

    ROLE = 1
    SOURCE = 2
    LENGTH = 3
    WORD = 4
    EDIT_RATE = 5
    EDIT = 6
    EDIT_WORD = 7
    SPELLING = 8


def mix(x: Array) -> Array:
    """SplitMix64 of each value: uint64 to uint64, a bijection.

    >>> hex(mix(np.array([0], np.uint64))[0])
    '0xe220a8397b1dcdaf'
    """
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = x ^ (x >> np.uint64(31))
    return mixed


def draw(seed: int, purpose: Purpose, *indexes: Array) -> Array:
    """A uniform uint64 for each index (or tuple of indexes)."""
    found = mix(np.array([seed * 256 + purpose], np.uint64))
    for index in indexes:
        found = mix(found ^ index.astype(np.uint64))
    return found


def uniform(bits: Array) -> Array:
    """The draws as floats in [0, 1)."""
    return (bits >> np.uint64(11)) * 2.0**-53


@cache
def vocabulary() -> pa.Array:
    """The words by rank: pronounceable, distinct, shorter where frequent; about 4.8 letters a word of running text."""
    letters = [np.frombuffer(group, np.uint8) for group in (b"bcdfghjklmnprstvwz", b"aeiou")]
    ranks = np.arange(8 * VOCABULARY)
    spelling = np.stack([draw(0, Purpose.SPELLING, ranks, np.full_like(ranks, at)) for at in range(11)])
    lengths = np.clip(2 + spelling[10] % 4 + np.log10(1 + ranks / 12).astype(int).astype(np.uint64), 2, 10).astype(int)
    rows = np.stack([letters[at % 2][spelling[at] % len(letters[at % 2])] for at in range(10)], axis=1).tobytes()
    words = dict.fromkeys(rows[10 * at : 10 * at + n].decode() for at, n in enumerate(lengths.tolist()))
    return pa.array(list(words)[:VOCABULARY])


@cache
def word_quantiles() -> Array:
    """Ranks at 2**20 equal steps of the cumulative frequency: a draw's upper 20 bits find a word without a search."""
    cumulative = np.cumsum(1.0 / (np.arange(VOCABULARY) + 3.7))
    steps = (np.arange(1 << 20) + 0.5) / (1 << 20)
    ranks: Array = np.searchsorted(cumulative, steps * cumulative[-1]).astype(np.int32)
    return ranks


@cache
def length_quantiles(short: bool) -> Array:
    """Words a document at equal steps of the distribution of lengths."""
    if short:
        return np.arange(8, 13)
    normal = NormalDist(math.log(MEAN_WORDS) - SIGMA**2 / 2, SIGMA)
    return np.array([round(math.exp(normal.inv_cdf((at + 0.5) / 4096))) for at in range(4096)])


@dataclass(frozen=True)
class Origin:
    """Where each document of a range comes from."""

    author: Array  #: the document that it repeats, itself where it repeats none
    base: Array  #: the document whose words the author edits, the author itself where it edits none
    edited: Array  #: the share of words edited, 0 where the author is no near-duplicate


@dataclass(frozen=True)
class NearCorpus:
    """The corpus of a seed.

    >>> NearCorpus(short=True).texts(0, 1).to_pylist()
    ['huhono gocure migefo hol du zawuwet jab lav']
    """

    seed: int = 0
    short: bool = False

    def roles(self, documents: Array) -> tuple[Array, Array]:
        """Which documents repeat an earlier one, and which edit a base."""
        chance = uniform(draw(self.seed, Purpose.ROLE, documents))
        free = documents % CLUSTER_STEP != 0
        return free & (chance < EXACT_SHARE), free & (chance >= EXACT_SHARE) & (chance < EXACT_SHARE + NEAR_SHARE)

    def origin(self, first: int, last: int) -> Origin:
        """Where the documents [first, last) come from."""
        author = np.arange(first, last)
        repeats, near = self.roles(author)
        while repeats.any():
            found = author[repeats]
            author[repeats] = draw(self.seed, Purpose.SOURCE, found) % found.astype(np.uint64)
            repeats, near = self.roles(author)
        bases = (author.astype(np.uint64) + np.uint64(CLUSTER_STEP - 1)) // np.uint64(CLUSTER_STEP)
        base = draw(self.seed, Purpose.SOURCE, author) % np.maximum(bases, np.uint64(1)) * np.uint64(CLUSTER_STEP)
        rate = LEAST_EDITS + (MOST_EDITS - LEAST_EDITS) * uniform(draw(self.seed, Purpose.EDIT_RATE, author))
        return Origin(author, np.where(near, base, author).astype(np.int64), np.where(near, rate, 0.0))

    def tokens(self, first: int, last: int) -> tuple[Array, Array]:
        """Offsets of the documents [first, last) and the ranks of their words."""
        origin = self.origin(first, last)
        table = length_quantiles(self.short)
        lengths = table[draw(self.seed, Purpose.LENGTH, origin.base) % np.uint64(len(table))]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        at = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        words = _ranks(draw(self.seed, Purpose.WORD, np.repeat(origin.base, lengths), at))
        near = np.flatnonzero(np.repeat(origin.edited > 0, lengths))
        where = np.repeat(origin.author, lengths)[near], at[near]
        edit = uniform(draw(self.seed, Purpose.EDIT, *where)) / np.repeat(origin.edited, lengths)[near] * 3
        new = _ranks(draw(self.seed, Purpose.EDIT_WORD, *where))
        words[near] = np.where(edit < 1, new, words[near])
        copies = np.ones(len(words), np.int64)
        copies[near] += (edit >= 2) & (edit < 3)
        copies[near] -= (edit >= 1) & (edit < 2)
        ends = np.concatenate(([0], np.cumsum(copies)))
        inserted = near[(edit >= 2) & (edit < 3)]
        words = np.repeat(words, copies)
        words[ends[inserted] + 1] = new[(edit >= 2) & (edit < 3)]
        return ends[starts], words

    def texts(self, first: int, last: int) -> pa.Array:
        """The texts of the documents [first, last)."""
        offsets, words = self.tokens(first, last)
        lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), vocabulary().take(pa.array(words)))
        return pc.binary_join(lists, " ")

    def groups(self, first: int, last: int) -> Iterator[pa.Table]:
        """The documents [first, last) by row groups."""
        for at in range(first, last, ROWS_A_GROUP):
            end = min(at + ROWS_A_GROUP, last)
            yield pa.table({"id": np.arange(at, end), "text": self.texts(at, end)})

    def write(self, folder: Path, documents: int) -> None:
        """Write the first documents as Parquet shards; a shard that is there is left alone."""
        folder.mkdir(parents=True, exist_ok=True)
        for shard, first in zip(count(), range(0, documents, ROWS_A_SHARD), strict=False):
            path = folder / f"{shard:05d}.parquet"
            if not path.exists():
                self.write_shard(path, first, min(first + ROWS_A_SHARD, documents))

    def write_shard(self, path: Path, first: int, last: int) -> None:
        """Write one shard; its name appears when it is whole."""
        part = path.with_suffix(".part")
        schema = pa.schema({"id": pa.int64(), "text": pa.string()})
        with pq.ParquetWriter(part, schema, compression="zstd", use_dictionary=False) as writer:
            for group in self.groups(first, last):
                writer.write_table(group)
        part.rename(path)


def _ranks(bits: Array) -> Array:
    ranks: Array = word_quantiles()[bits >> np.uint64(44)]
    return ranks


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a corpus with planted exact and near-duplicates.")
    parser.add_argument("dest", type=Path)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--short", action="store_true", help="8 to 12 words a document")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    NearCorpus(given.seed, given.short).write(given.dest, given.documents)


if __name__ == "__main__":
    main()
