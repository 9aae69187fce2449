"""The four rule-based quality filters beside datatrove's, which are asked to split words and sentences as we do."""

import json
import random
import re
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    c4_filters,
    fineweb_quality_filter,
    gopher_quality_filter,
    gopher_repetition_filter,
)
from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION
from hypothesis import example, given, settings
from hypothesis import strategies as st

from operators.features.words import Words
from operators.kernels import traits
from operators.text.c4_rules import C4Rules
from operators.text.fineweb_rules import FinewebRules
from operators.text.gopher_quality import GopherQuality
from operators.text.gopher_repetition import GopherRepetition

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "text"
TERMINAL = re.escape("".join(sorted(TERMINAL_PUNCTUATION)))
CLOSING = re.escape("\"'" + "".join(c for c in map(chr, range(0x10000)) if unicodedata.category(c) in ("Pe", "Pf")))
BOUNDARY = re.compile(rf"([{TERMINAL}])[{CLOSING}]*(?:\s+(?=(\S))|(?=[^\s{TERMINAL}{CLOSING}]))")


def batch_of(texts):
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    return batch.append_column("words", Words().open()(batch)["words"])


def words(text, language=None):
    (spans,) = Words().open()(pa.RecordBatch.from_pydict({"text": [text]}))["words"].to_pylist()
    return [text.encode()[span["start"] : span["end"]].decode() for span in spans]


def sentences(text, language=None):
    ends = [0]
    for match in BOUNDARY.finditer(text):
        terminal, following = match.groups()
        if (following is None and terminal in "。！？｡") or (following and not (terminal == "." and following.islower())):
            ends.append(match.end())
    return [text[a:b] for a, b in zip(ends, [*ends[1:], len(text)], strict=True)]


@pytest.fixture(autouse=True)
def _our_splitters(monkeypatch):
    for module in (gopher_quality_filter, gopher_repetition_filter, fineweb_quality_filter):
        monkeypatch.setattr(module, "split_into_words", words)
    monkeypatch.setattr(c4_filters, "split_into_sentences", sentences)


def theirs(oracle, texts):
    results = [oracle.filter(Document(text=text, id="")) for text in texts]
    return ["" if result is True else result[1] for result in results]


def ours(metric, texts):
    return metric.signals(batch_of(texts)).names()


PAIRS = [
    (GopherQuality(), GopherQualityFilter),
    (GopherRepetition(), GopherRepetitionFilter),
    (C4Rules(), C4QualityFilter),
    (FinewebRules(), FineWebQualityFilter),
]
BOTH = pytest.mark.parametrize(("metric", "oracle"), PAIRS, ids=[yours.__name__ for _, yours in PAIRS])


def assert_equal(metric, oracle, texts):
    wrong = [
        (text, mine, yours)
        for text, mine, yours in zip(texts, ours(metric, texts), theirs(oracle, texts), strict=True)
        if mine != yours
    ]
    assert not wrong, wrong[0]


PIECES = (
    *"the be to of and that have with The quick brown fox jumps over lazy dogs again".split(),
    *("\n", "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\x1c", "\t", " ", "\u3000", "\xa0", "\f"),
    *(".", ".", ". ", "...", "…", "....", "!", "?", '"', "'", '."', ".) ", "。", "！", "؟", "।", ",", ";", "#", "##"),
    *("- ", "• ", "\n- ", "\n• ", "\n-", "…\n", "...\n", "... \n", ".\n", ". \n", "!\n", "?\n", '"\n', "'\n"),
    *("[1]", "[]", "[٣]", "[edit]", "[citation needed]", "[citation", "[1", "[x]", "{", "}", "java[2]script"),
    *("JavaScript", "javascript", "Lorem ipsum", "lorem ipsum", "privacy policy", "Terms of Use", "uses cooKies"),
    *("use cookies", "use of cookies", "coo\u212aie policy", "İ", "ǅ", "privacy", "policy"),
    *("日本語", "テスト", "ภาษาไทย", "हिन्दी", "été", "e\u0301", "naïve", "😀", "❤️", "𝔘𝔫𝔦", "３", "1", "2024", "don’t", "\x00"),
    *("x" * 999, "x" * 1000, "x" * 1001, "é" * 1000, "é" * 1001, "a" * 30, "b" * 31),
)


def generated(seed, size):
    """Texts of a few favourite pieces each, so that they repeat, with or without spaces between."""
    coin = random.Random(seed)
    texts = []
    for _ in range(size):
        favourites = coin.choices(PIECES[:15], k=coin.randint(0, 15)) + coin.choices(PIECES, k=coin.randint(1, 12))
        length = coin.choice((0, 1, 3, 10, 40, 80, 150, 300))
        texts.append(coin.choice(("", " ", " ")).join(coin.choices(favourites, k=length)))
    return texts


@BOTH
def test_generated_texts_are_judged_alike(metric, oracle):
    texts = generated(seed=7, size=2500)
    assert_equal(metric, oracle(), texts)
    reasons = set(ours(metric, texts))
    assert len(reasons) >= 4, reasons


@BOTH
@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=80).map("".join), max_size=3))
@example(texts=["", "\n", " \n ", "\n\n\n", "a\n", "\na", "\r\n", "a\r", "\x85", "a\n\n\n\na\n\na\na"])
def test_any_text_is_judged_alike(metric, oracle, texts):
    assert_equal(metric, oracle(), texts)


@BOTH
def test_without_thresholds_of_length_short_texts_are_judged_alike(metric, oracle):
    """Lower limits, so that later rules are reached by short texts."""
    changes = {
        GopherQuality: {"min_doc_words": 1, "min_avg_word_length": 1, "min_stop_words": 1},
        GopherRepetition: {"dup_line_frac": 0.9, "dup_para_frac": 0.9, "top_n_grams": (), "dup_n_grams": ((2, 0.3), (3, 0.2))},
        C4Rules: {"min_num_sentences": 2, "min_words_per_line": -1, "max_word_length": -1, "remove_citations": False},
        FinewebRules: {"line_punct_exclude_zero": True, "short_line_thr": 1.0, "short_line_length": 5},
    }[type(metric)]
    texts = [text for text in generated(seed=8, size=1500) if words(text)]
    assert_equal(type(metric)(**changes), oracle(**changes), texts)


@pytest.mark.parametrize("switch", ["filter_no_terminal_punct", "filter_javascript", "filter_policy", "filter_curly_bracket"])
def test_switches_of_c4_are_theirs(switch):
    changes = {switch: False, "filter_lorem_ipsum": switch != "filter_policy", "min_num_sentences": 3}
    assert_equal(C4Rules(**changes), C4QualityFilter(**changes), generated(seed=9, size=800))


LOREM = "walk over that green hill and have some early lunch with your good friends beside these lovely quiet waters"
FIFTY = " ".join((LOREM.split() * 3)[:50])
LONG_WORDS = "the of " + " ".join(["x" * 10] * 48)
UNIQUE = " ".join(f"w{i:03d}" for i in range(200))
ALPHA = " ".join(["the", "and", *["word"] * 38, *["1234"] * 10])
LINE = "This line is easily over thirty characters, see."

IT_IS_SO = "It is so. " * 5
LOOSE = dict.fromkeys(("dup_line_frac", "dup_para_frac", "dup_line_char_frac", "dup_para_char_frac"), 1.0)
LOOSE |= {"top_n_grams": (), "dup_n_grams": ()}


def padded(start, length):
    return start + "z" * (length - len(start))


def lines(repeats, others, separator):
    return separator.join(["a"] * repeats + [f"b{i}" for i in range(others)])


X29 = "x " * 14 + "x"
GRAMS = {n: " ".join(chr(97 + i) * 2 for i in range(n)) for n in range(2, 11)}

EDGES = [
    (GopherQuality, {}, FIFTY, FIFTY.rsplit(" ", 1)[0] + " !", "gopher_short_doc"),
    (GopherQuality, {"max_doc_words": 60}, FIFTY + " one" * 10, FIFTY + " one" * 11, "gopher_long_doc"),
    (GopherQuality, {}, "the and " + "abc " * 48, "the of " + "abc " * 48, "gopher_below_avg_threshold"),
    (GopherQuality, {}, LONG_WORDS + " " + "x" * 15, LONG_WORDS + " " + "x" * 30, "gopher_above_avg_threshold"),
    (GopherQuality, {}, FIFTY + " one" * 4 + " #" * 6, FIFTY + " one" * 3 + " #" * 6, "gopher_too_many_hashes"),
    (GopherQuality, {}, "… " * 6 + FIFTY + " one" * 4, "… " * 6 + FIFTY + " one" * 3, "gopher_too_many_ellipsis"),
    (GopherQuality, {}, FIFTY + "\n" + "- a\n" * 9, "- " + FIFTY + "\n" + "- a\n" * 8 + " • a\n", "gopher_too_many_bullets"),
    (
        GopherQuality,
        {},
        (FIFTY + "\n") * 7 + "so... \n" * 3,
        (FIFTY + "\n") * 6 + "so... \n" * 2 + "so…",
        "gopher_too_many_end_ellipsis",
    ),
    (GopherQuality, {}, ALPHA, ALPHA + " 1234", "gopher_below_alpha_threshold"),
    (GopherQuality, {}, "the and " + "word " * 48, "the the " + "word " * 48, "gopher_enough_stop_words"),
    (GopherRepetition, {}, UNIQUE, "", "empty"),
    *(
        (GopherRepetition, LOOSE | {rule: 0.3}, lines(4, 6, separator), lines(4, 5, separator), rule)
        for rule, separator in (("dup_para_frac", "\n\n"), ("dup_line_frac", "\n"))
    ),
    *(
        (GopherRepetition, LOOSE | {rule: 0.2}, padded(start, 100), padded(start, 99), rule)
        for rule, separator in (("dup_para_char_frac", "\n\n"), ("dup_line_char_frac", "\n"))
        for start in (("x" * 20 + separator) * 2,)
    ),
    *(
        (
            GopherRepetition,
            LOOSE | {"top_n_grams": ((n, limit),)},
            padded(start, length),
            padded(start, length - 1),
            f"top_{n}_gram",
        )
        for n, limit, length in ((2, 0.2, 50), (3, 0.18, 89), (4, 0.16, 138))
        for start in (f"{GRAMS[n]} y {GRAMS[n]} ",)
    ),
    *(
        (
            GopherRepetition,
            LOOSE | {"dup_n_grams": ((n, limit),)},
            padded(start, length),
            padded(start, length - 1),
            f"duplicated_{n}_n_grams",
        )
        for n, limit, length in ((5, 0.15, 67), (6, 0.14, 86), (7, 0.13, 108), (8, 0.12, 134), (9, 0.11, 164), (10, 0.1, 200))
        for start in (f"{GRAMS[n]} y {GRAMS[n]} ",)
    ),
    (C4Rules, {}, "It is so. " * 5, "It is so. " * 4, "too_few_sentences"),
    (C4Rules, {}, IT_IS_SO + "\nlorem ipsum here", IT_IS_SO + "\nLorem [1]ipsum here.\nOne { two three.", "lorem_ipsum"),
    (C4Rules, {}, IT_IS_SO + "\none { two", IT_IS_SO + "\nOne { two three.\nLorem ipsum here.", "curly_bracket"),
    (C4Rules, {}, "I am. " * 5 + "x" * 999 + ".", "I am. " * 5 + "x" * 1000 + ".", "too_few_sentences"),
    (C4Rules, {}, IT_IS_SO.strip() + "[1]", IT_IS_SO + "[1]", "too_few_sentences"),
    (C4Rules, {}, "It is so.\n" * 5, "It is so.\n" * 4 + "It is so...", "too_few_sentences"),
    (C4Rules, {}, "It is so.\n" * 5, "It is so.\n" * 4 + "It is.", "too_few_sentences"),
    (C4Rules, {}, "It is so.\n" * 5, "It is so.\n" * 4 + "It is java[1]Script.", "too_few_sentences"),
    (C4Rules, {}, "It is so.\n" * 5, "It is so.\n" * 4 + "We use coo\u212aies.", "too_few_sentences"),
    (FinewebRules, {}, LINE, " \n\t\n", "empty"),
    (FinewebRules, {}, f"{LINE}\n{UNIQUE[:40]}", f"{LINE} \n{UNIQUE[:40]}", "line_punct_ratio"),
    (FinewebRules, {}, padded("", 31) + ".\n" + padded("y", 29) + ".", padded("", 29) + ".", "short_line_ratio"),
    (
        FinewebRules,
        {"char_duplicates_ratio": 0.25},
        f"{X29}.\n{X29}.\n{'y' * 60}",
        f"{X29}.\n{X29}.\n{'y' * 59}",
        "char_dup_ratio",
    ),
    (FinewebRules, {}, LINE + "\n" * 3, LINE + "\n" * 4, "list_ratio"),
]


@pytest.mark.parametrize(("kind", "options", "passes", "fails", "reason"), EDGES)
def test_just_within_and_just_beyond_each_limit(kind, options, passes, fails, reason):
    oracle = next(yours for mine, yours in PAIRS if type(mine) is kind)
    assert ours(kind(**options), [passes, fails]) == ["", reason]
    assert theirs(oracle(**options), [passes, fails]) == ["", reason]


def test_a_commonest_gram_that_occurs_once_counts():
    assert ours(GopherRepetition(), ["two words"]) == theirs(GopherRepetitionFilter(), ["two words"]) == ["top_2_gram"]


@pytest.mark.parametrize("n", range(2, 11))
def test_repeats_of_each_size_are_measured_as_theirs(n):
    metric = GopherRepetition(top_n_grams=((n, 0.0),), dup_n_grams=((n, 0.0),))
    for text in generated(seed=n, size=150):
        split = words(text)
        signals = {rule.name: rule.signal[0] for rule in metric.signals(batch_of([text])).rules}
        grams = gopher_repetition_filter.get_n_grams(split, n)
        top = gopher_repetition_filter.find_top_duplicate(grams) if grams else 0
        repeated = gopher_repetition_filter.find_all_duplicate(split, n)
        assert signals[f"top_{n}_gram"] * len(text) == pytest.approx(top), text
        assert signals[f"duplicated_{n}_n_grams"] * len(text) == pytest.approx(repeated), text


def test_words_that_only_join_to_the_same_string_are_no_repeat():
    """Here we differ on purpose: datatrove compares n-grams joined without a separator."""
    text = "\n".join(["1 23 4 5 6", "12 3 4 5 6"] + [f"{i} unlike any other line" for i in range(4)])
    strict = {"dup_n_grams": ((5, 0.05),), "top_n_grams": ()}
    assert theirs(GopherRepetitionFilter(**strict), [text]) == ["duplicated_5_n_grams"]
    assert ours(GopherRepetition(**strict), [text]) == [""]


def real_texts():
    base = DATA / "alpaca_en_demo"
    for line in (base / "c4_demo.jsonl").read_text().splitlines():
        yield json.loads(line)["text"]
    wiki = (base / "wiki_demo.txt").read_text()
    yield from (wiki[at : at + 3000] for at in range(0, len(wiki), 3000))
    yield from (record["output"] for record in json.loads((base / "alpaca_en_demo.json").read_text()))
    for path in sorted((DATA / "alpaca_eval_outputs").glob("*/model_outputs.json")):
        yield from (record["output"] for record in json.loads(path.read_text())[:400])
    yield from (DATA / "wikitext2" / "test.txt").read_text().splitlines()[:2000]


@pytest.mark.skipif(not DATA.is_dir(), reason="no real texts beside the checkout")
@BOTH
def test_real_texts_are_judged_alike(metric, oracle):
    texts = list(dict.fromkeys(real_texts()))
    assert_equal(metric, oracle(), texts)


def test_character_traits_are_those_of_python_and_datatrove():
    bits = traits.character_traits()
    characters = [chr(code) for code in range(0x110000)]
    for trait, expected in (
        (traits.SPACE, str.isspace),
        (traits.ALPHABETIC, str.isalpha),
        (traits.DECIMAL, str.isdecimal),
        (traits.LOWER, str.islower),
        (traits.PUNCTUATION, PUNCTUATION_SET.__contains__),
        (traits.TERMINAL, TERMINAL_PUNCTUATION.__contains__),
        (traits.LINE_BREAK, lambda character: len(f"a{character}b".splitlines()) > 1),
    ):
        assert ((bits & trait) > 0).tolist() == [expected(character) for character in characters]


@BOTH
def test_cut_and_nulls_do_not_change_the_verdicts(metric, oracle):
    texts = [*generated(seed=3, size=60), None, *generated(seed=4, size=30), None]
    batch = batch_of(texts)
    whole = metric.fold(batch)
    parts = [metric.fold(batch.slice(at, 13)) for at in range(0, len(texts), 13)]
    assert sum(reversed(parts), start=metric.zero()) == whole
    value = metric.value(whole)
    assert (value.n, value.skipped) == (90, {"no text": 2})
    passing = theirs(oracle(), [text for text in texts if text is not None]).count("")
    assert value.value == passing / 90
    assert all(evidence.note for evidence in value.evidence)


@BOTH
def test_nothing_to_judge_is_no_number(metric, oracle):
    assert metric.value(metric.zero()).value is None
    assert metric.value(metric.fold(batch_of([None, None]))).skipped == {"no text": 2}
    assert metric.value(metric.fold(batch_of([]))).reason == "no record has a text"


def test_worst_record_comes_with_the_rule_and_its_number():
    texts = ["the and " + "word " * 47, "# # #", FIFTY]
    value = GopherQuality().value(GopherQuality().fold(batch_of(texts)))
    assert [(evidence.record, evidence.note) for evidence in value.evidence] == [
        (1, "gopher_short_doc: 0 < 50"),
        (0, "gopher_short_doc: 49 < 50"),
    ]
    assert value.parts["gopher_short_doc"].value == 2 / 3
    assert value.parts["gopher_too_many_hashes"].value == 1 / 3
    assert np.sum(value.parts["gopher_short_doc"].plot.counts) == 3


def test_shares_of_lines_that_c4_drops():
    text = "It is so, dear.\nno end\nIs it?\nWe like javascript here.\nSee our privacy policy.\n" + "y" * 1001
    parts = C4Rules().value(C4Rules().fold(batch_of([text]))).parts
    shares = {name.removeprefix("lines "): part.value for name, part in parts.items() if name.startswith("lines ")}
    assert shares == {
        "kept": 1 / 6,
        "no_terminal_punctuation": 1 / 6,
        "too_few_words": 1 / 6,
        "javascript": 1 / 6,
        "policy": 1 / 6,
        "too_long_word": 1 / 6,
        "lorem_ipsum": 0,
        "curly_bracket": 0,
    }


@pytest.mark.parametrize("data", [b"\xf0 [", b"[\xff\xfe]", b"a [1", b"\xe2\x84", b"\xc3\n\n", b"\n\xe3\x81."])
@BOTH
def test_bytes_that_are_no_text_are_judged_without_reading_on(metric, oracle, data):
    buffers = [pa.py_buffer(np.array([0, len(data)], np.int32)), pa.py_buffer(data + b"123] tail. " * 9)]
    batch = pa.RecordBatch.from_arrays([pa.StringArray.from_buffers(1, *buffers), pa.array([0])], ["text", "_id"])
    batch = batch.append_column("words", Words().open()(batch)["words"])
    assert metric.fold(batch)["passed"].n == 1
