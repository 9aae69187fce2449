"""A guessed plan is valid TOML, a valid plan, and says the right thing about common layouts."""

import io
import json
import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.guess import guess
from engine.plan import load, parse

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def guessed(path):
    document = tomllib.loads(guess(str(path)))
    parse(document)
    return document["subject"]["modality"], document["subject"]["columns"]


@pytest.mark.parametrize(
    ("record", "modality", "columns"),
    [
        ({"instruction": "a", "input": "", "output": "b"}, "text", {"response": "output", "prompt": ["instruction", "input"]}),
        ({"prompt": "a", "response": "b", "id": 4}, "text", {"response": "response", "prompt": "prompt", "id": "id"}),
        ({"conversations": [{"from": "human", "value": "a"}]}, "text", {"messages": "conversations"}),
        ({"messages": [{"role": "user", "content": "a"}]}, "text", {"messages": "messages"}),
        ({"chosen": "a", "rejected": "b"}, "text", {"chosen": "chosen", "rejected": "rejected"}),
        (
            {"chosen": {"from": "gpt", "value": "a"}, "rejected": {"from": "gpt", "value": "b"}},
            "text",
            {"chosen": "chosen.value", "rejected": "rejected.value"},
        ),
        ({"content": "x = 1", "lang": "python"}, "symbolic", {"code": "content", "language": "lang"}),
        (
            {"task_id": "a/1", "prompt": "a", "canonical_solution": "b"},
            "symbolic",
            {"problem": "prompt", "code": ["prompt", "canonical_solution"], "id": "task_id"},
        ),
        ({"question": "2 + 2?", "answer": "4"}, "symbolic", {"problem": "question", "solution": "answer"}),
        (
            {"premises-FOL": ["P(a)"], "conclusion-FOL": "P(a)", "label": "True"},
            "symbolic",
            {"premises": "premises-FOL", "conclusion": "conclusion-FOL", "label": "label"},
        ),
        ({"document": "a b c", "summary": "a"}, "text", {"text": "summary", "context": "document"}),
        ({"conversations": [], "tools": "[]"}, "agent", {"trajectory": "conversations", "tools": "tools"}),
        ({"traj": [{"role": "user"}], "reward": 1.0}, "agent", {"trajectory": "traj", "reward": "reward"}),
        (
            {"traj": [{"role": "user"}], "task_id": 3, "reward": 1.0, "info": {"task": {"actions": [{"name": "f"}]}}},
            "agent",
            {"trajectory": "traj", "gold": "info.task.actions", "id": "task_id", "reward": "reward", "task": "task_id"},
        ),
        (
            {"id": 1, "query": "a", "answers": '[{"name": "f"}]', "tools": "[]"},
            "agent",
            {"query": "query", "calls": "answers", "tools": "tools", "id": "id"},
        ),
        (
            {"id": "1", "question": [[{"role": "user", "content": "a"}]], "function": [{"name": "f"}], "result": "f()"},
            "agent",
            {"query": "question", "tools": "function", "calls": "result", "id": "id"},
        ),
        (
            {
                "cleaned_html": "<p>",
                "raw_html": "<p>",
                "operation": '{"op": "CLICK"}',
                "pos_candidates": ["{}"],
                "annotation_id": "a",
            },
            "agent",
            {
                "page": "cleaned_html",
                "raw_page": "raw_html",
                "action": "operation",
                "element": "pos_candidates",
                "task": "annotation_id",
            },
        ),
        (
            {"clean_html": "<p>", "action": 'click(uid="a")', "candidates": "a"},
            "agent",
            {"page": "clean_html", "action": "action", "element": "action"},
        ),
        ({"scores": {"score_route": 9}, "infractions": {"red_light": []}, "meta": {}}, "agent", {"drive": "$record"}),
        (
            {"telemetry": {"t": [0]}, "actors": [], "id": "a"},
            "agent",
            {"telemetry": "telemetry", "actors": "actors", "id": "id"},
        ),
        ({"a": {"b": [1]}}, "semistructured", {"json": "$record"}),
        ({"a": 1, "b": "x"}, "tabular", {}),
    ],
)
def test_layouts_of_json_lines(tmp_path, record, modality, columns):
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    assert guessed(tmp_path / "a.jsonl") == (modality, columns)


def test_tables_and_images(tmp_path):
    (tmp_path / "a.csv").write_text("age,city\n1,Brno\n2,Praha\n")
    assert guessed(tmp_path / "a.csv") == ("tabular", {})
    (tmp_path / "b.csv").write_text("n,comment\n1," + "a long remark that runs and runs, ".replace(",", "") * 3 + "\n")
    assert guessed(tmp_path / "b.csv") == ("text", {"text": "comment"})
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "1.png").write_bytes(picture.getvalue())
    assert guessed(tmp_path / "pictures") == ("vision_language", {})
    (tmp_path / "c.csv").write_text("image,caption\npictures/1.png,a dot\n")
    assert guessed(tmp_path / "c.csv") == ("vision_language", {"image": "image", "caption": "caption"})
    (tmp_path / "d.csv").write_text("url,title\nhttps://example.org/1.png,a page about a dot and about many other things\n")
    assert guessed(tmp_path / "d.csv") == ("text", {"text": "title"})
    held = {"image": {"bytes": picture.getvalue(), "path": None}, "text": "a dot", "id": "7"}
    pq.write_table(pa.Table.from_pylist([held]), tmp_path / "hf.parquet")
    assert guessed(tmp_path / "hf.parquet") == ("vision_language", {"image": "image.bytes", "caption": "text", "id": "id"})
    (tmp_path / "e.jsonl").write_text('{"clip": "clips/a.mp4", "captions": ["a", "b"]}\n')
    assert guessed(tmp_path / "e.jsonl") == ("vision_language", {"video": "clip", "captions": "captions"})
    talk = [{"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": "A dot."}]
    (tmp_path / "llava.json").write_text(json.dumps([{"id": "1", "image": "a/1.jpg", "conversations": talk}]))
    expected = {"image": "image", "messages": "conversations", "id": "id"}
    assert guessed(tmp_path / "llava.json") == ("vision_language", expected)


def test_telemetry(tmp_path):
    (tmp_path / "drive.csv").write_text("t,x,y,speed_kmh\n0,0,0,36\n0.1,1,0,36\n")
    assert guessed(tmp_path / "drive.csv") == ("agent", {"telemetry": "telemetry"})
    assert 'format = "telemetry"' in guess(str(tmp_path / "drive.csv"))
    (tmp_path / "sales.csv").write_text("time,price\n1,2\n2,3\n")
    assert guessed(tmp_path / "sales.csv") == ("tabular", {})


def test_logs(tmp_path):
    lines = [f"2024-01-31 10:00:{at:02d} INFO read block {at}" for at in range(40)]
    (tmp_path / "app.log").write_text("\n".join([*lines, "  a continued line"]))
    assert guessed(tmp_path / "app.log") == ("semistructured", {"log": "text"})
    (tmp_path / "prose.txt").write_text("\n".join(["At 10:00:00 he left.", *["He came back, and nobody saw him."] * 9]))
    assert guessed(tmp_path / "prose.txt") == ("text", {"text": "text"})
    (tmp_path / "parsed.csv").write_text("Content,EventTemplate\nread 1,read <*>\n")
    assert guessed(tmp_path / "parsed.csv") == ("semistructured", {"log": "Content", "template": "EventTemplate"})


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=100), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_content_breaks_the_document(tmp_path_factory, record):
    path = tmp_path_factory.mktemp("guess") / "a.jsonl"
    path.write_text(json.dumps(record) + "\n")
    text = guess(str(path))
    parse(tomllib.loads(text))
    lines = [line for line in text.splitlines() if line.startswith("#   ")]
    assert len(lines) >= len(record)


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data beside the checkout")
@pytest.mark.parametrize(
    ("folder", "modality"),
    [
        ("text/alpaca_en_demo", "text"),
        ("symbolic/humaneval", "symbolic"),
        ("tabular/mostlyai_adult", "tabular"),
        ("semi/maskbench", "semistructured"),
        ("semi/loghub/HDFS/HDFS_2k.log", "semistructured"),
        ("semi/nations", "semistructured"),
        ("semi/loghub/BGL/BGL_2k.log_structured.csv", "semistructured"),
        ("vision_language/flickr8k", "vision_language"),
        ("vision_language/flickr8k/captions.csv", "vision_language"),
        ("text/ditto_abt_buy/test.txt", "text"),
        ("agent/glaive_toolcall", "agent"),
        ("agent/transfuser_longest6/autopilot_longest6.json", "agent"),
        ("agent/king_eval", "agent"),
        ("agent/carla_leaderboard/routes_devtest.xml", "agent"),
        ("agent/bfcl/BFCL_v4_parallel.json", "agent"),
        ("agent/tau_bench/historical_trajectories", "agent"),
    ],
)
def test_real_data(folder, modality):
    assert guessed(SHARED / folder)[0] == modality


def test_the_path_is_relative_to_the_plan(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "plans").mkdir()
    (tmp_path / "data/a.jsonl").write_text('{"text": "some words that are a text"}\n')
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans/audit.toml").write_text(guess("data/a.jsonl", "plans"))
    assert Path(load(tmp_path / "plans/audit.toml").subject.paths[0]).resolve() == tmp_path / "data/a.jsonl"
