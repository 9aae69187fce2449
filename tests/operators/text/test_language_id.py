"""Languages: labelled sentences, a second detector (py3langid), and the counting by hand."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.features.language import Language
from operators.text.language_id import LanguageId

SENTENCES = {
    "en": ["The meeting was moved to Thursday because of the storm.", "She has been learning to play the violin for years."],
    "de": ["Wegen des Sturms wurde die Besprechung verschoben.", "Er hat gestern den ganzen Tag im Garten gearbeitet."],
    "fr": ["La réunion a été reportée à cause de la tempête.", "Elle apprend à jouer du violon depuis plusieurs années."],
    "es": ["La reunión se aplazó hasta el jueves por la tormenta.", "Ayer trabajamos todo el día en el jardín de mi abuela."],
    "it": ["La riunione è stata rinviata a giovedì per il maltempo.", "Questa mattina abbiamo comprato il pane e le mele."],
    "pt": ["A reunião foi adiada para quinta-feira por causa da chuva.", "Não sabemos ainda quando ele vai chegar à cidade."],
    "ru": ["Встречу перенесли на четверг из-за сильной грозы.", "Вчера мы весь день работали в саду у бабушки."],
    "ja": ["嵐のため、会議は木曜日に延期されました。", "彼女は何年もバイオリンを習っています。"],
    "zh": ["由于暴风雨,会议改到了星期四。", "昨天我们在花园里工作了一整天。"],
    "ar": ["تم تأجيل الاجتماع إلى يوم الخميس بسبب العاصفة.", "لقد عملنا أمس طوال اليوم في الحديقة."],
}


def detect(texts):
    columns = Language().open()(pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["text"]))
    return columns["language_detected"].to_pylist(), columns["language_confidence"].to_pylist()


def judge(languages, confidences=None, **parameters):
    confidences = confidences if confidences is not None else [None if x in (None, "und") else 0.5 for x in languages]
    columns = [
        pa.array(np.arange(len(languages))),
        pa.array(languages, pa.string()),
        pa.array(confidences, pa.float32()),
    ]
    batch = pa.RecordBatch.from_arrays(columns, ["_id", "language_detected", "language_confidence"])
    metric = LanguageId(**parameters)
    return metric.value(metric.fold(batch))


def kappa(left, right):
    """Cohen's: agreement beyond that of independent raters with the same habits."""
    n, a, b = len(left), Counter(left), Counter(right)
    agreed = sum(x == y for x, y in zip(left, right, strict=True)) / n
    chance = sum(a[name] * b[name] for name in a) / n**2
    return (agreed - chance) / (1 - chance)


def test_labelled_sentences_and_a_second_detector():
    labels = [language for language, texts in SENTENCES.items() for _ in texts]
    texts = [text for texts in SENTENCES.values() for text in texts]
    found, confidences = detect(texts)
    assert kappa(found, labels) > 0.9
    assert min(confidences) > 0.2
    py3langid = pytest.importorskip("py3langid")
    assert kappa(found, [py3langid.classify(text)[0] for text in texts]) > 0.8


def test_texts_without_a_letter_and_odd_ones():
    languages, confidences = detect(["12:30 !!", "", None, "SHOUTING IN CAPITALS IS STILL ENGLISH", "a\x00b\r\nc"])
    assert languages[:4] == ["und", "und", None, "en"]
    assert confidences[:3] == [None, None, None]
    assert 0 <= confidences[4] <= 1


def test_only_the_head_is_judged():
    english, german = SENTENCES["en"][0] + " ", SENTENCES["de"][0] + " "
    assert detect([english * 10 + german * 100, "\U0001f600" * 299 + german])[0][0] == "en"


def test_bytes_that_are_no_text():
    binary = pa.array([b"\xff\xfe The meeting was moved to Thursday."], pa.binary())
    text = pa.StringArray.from_buffers(1, binary.buffers()[1], binary.buffers()[2])
    assert Language().open()(pa.RecordBatch.from_arrays([text], ["text"]))["language_detected"].to_pylist() == ["en"]


def test_shares_by_hand():
    value = judge(["en", "en", "de", None, "und"], [0.75, 0.5, 0.25, None, None])
    assert (value.value, value.n) == (2 / 3, 3)
    assert value.skipped == {"missing": 1, "no letters": 1}
    assert value.parts["mean_confidence"].value == 0.5
    assert value.reason == "no language is expected: the share of the commonest, en"
    assert [(entry.record, entry.score) for entry in value.evidence[:2]] == [(2, 0.75), (1, 0.5)]


def test_expected_languages():
    value = judge(["en", "en", "de", "fr"], [0.75, 0.5, 0.25, 0.5], expected=("en", "de", "de"))
    assert (value.value, value.reason) == (3 / 4, None)
    assert [(entry.record, entry.note) for entry in value.evidence] == [(3, "detected fr")]
    assert judge(["en"], expected=("xx",)).value == 0.0


def test_nothing_to_judge():
    assert judge([]).value is None
    assert judge([None, "und"]).skipped == {"missing": 1, "no letters": 1}


@given(st.lists(st.one_of(st.text(max_size=4), st.sampled_from([f"a{x}" for x in "abcdefghijklmnop"])), min_size=1))
def test_hostile_labels_are_bounded_and_shares_add_up(labels):
    value = judge(labels, [0.5] * len(labels))
    if value.value is None:
        assert set(labels) <= {"und"}
        return
    shares = {name: part.value for name, part in value.parts.items() if name != "mean_confidence"}
    assert sum(shares.values()) == pytest.approx(1.0)
    assert len(shares) <= 11
    assert all(name == "other" or (name.isascii() and name.islower() and 2 <= len(name) <= 3) for name in shares)
