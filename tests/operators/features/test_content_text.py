"""The text of a captioned picture is its caption, so that embeddings of captions are measured like any text's."""

import numpy as np
import pyarrow as pa
import pytest

from engine.schema import PAYLOAD
from operators.features.content_text import ContentText
from tests.engine.static_model import write_static_model
from tests.operators.vision_language.media_given import audited, encoded, scene


def text_of(**columns):
    kinds = {"image": pa.binary(), "video": pa.binary()}
    arrays = [pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()]
    payload = pa.StructArray.from_arrays(arrays, list(columns))
    return ContentText().open()(pa.RecordBatch.from_arrays([payload], [PAYLOAD]))["content_text"].to_pylist()


def test_media_are_left_out():
    assert text_of(image=[b"x", None, b"y"], caption=["a dog", "a cat", None]) == ["a dog", "a cat", None]
    assert text_of(image=[b"x"], video=[b"y"]) == [None]
    assert text_of(problem=["2 + 2?"], answer=["4"]) == ["2 + 2?\n4"]


def test_captions_are_embedded_where_the_plan_embeds_texts(tmp_path):
    pytest.importorskip("torch")
    words = ["dog", "cat", "bus", "tree"]
    write_static_model(tmp_path / "model", words, dimensions=16)
    captions = [f"{words[at % 4]} {words[at // 4 % 4]}" for at in range(32)]
    images = [encoded(scene(at % 5, (24, 24))) for at in range(32)]
    lines = [f'[features.text_embedding]\nmodel = "{tmp_path / "model"}"']
    names = ["corpus.vendi_score", "corpus.semantic_duplicates"]
    report = audited(tmp_path, names, lines, image=images, caption=captions)
    vendi = report.result("corpus.vendi_score").value
    assert (vendi.n, 1 < vendi.value <= len({*captions})) == (32, True)
    assert report.result("corpus.semantic_duplicates").value.value >= 0.5
    assert np.isfinite(vendi.value)
