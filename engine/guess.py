"""A first plan for data nobody has described: looks at it, guesses the modality and the columns, and says what it saw."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from engine.guess_types import suggestion
from engine.schema import RECORD_TEXT, SCHEMAS, Modality
from engine.source.beside import named
from engine.source.dataset import Dataset, Origin
from engine.source.formats import CLIPS
from engine.source.images import CAPTION_NAMES
from engine.source.peek import Peek, peek
from engine.source.triples import COLUMNS, FORMAT, are_triples
from engine.storage.names import redact

T = pa.types
_EXAMPLE = 60
_LONG_TEXT = 40
_MOST_COLUMNS = 40
_MOST_TYPED = 256
_TIME, _MOSTLY = r"^.{0,60}(?:\d\d[:.]\d\d[:.]\d\d|\b\d{6} \d{6}\b)", 0.9
_CLOCK = re.compile(r"(t|time|timestamp)(_(s|sec|seconds|ms|us|ns))?")
_MOTION = re.compile(r"((ego|car)_)?(speed|velocity|acceleration|steering|heading|yaw)(_\w+)?|(ego|pos|position)_x")
_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF....WEBP|II\*\0|MM\0\*|....ftypavif", re.DOTALL)


@dataclass(frozen=True)
class Layout:
    """Column names that people use for one kind of data, and the part that each plays."""

    needs: tuple[str, ...]
    modality: Modality
    columns: Mapping[str, Origin] = field(default_factory=dict)


def _text(needs: tuple[str, ...], **columns: Origin) -> Layout:
    return Layout(needs, Modality.TEXT, columns)


def _symbolic(needs: tuple[str, ...], **columns: Origin) -> Layout:
    return Layout(needs, Modality.SYMBOLIC, columns)


def _agent(needs: tuple[str, ...], **columns: Origin) -> Layout:
    return Layout(needs, Modality.AGENT, columns)


def _semistructured(needs: tuple[str, ...], **columns: Origin) -> Layout:
    return Layout(needs, Modality.SEMISTRUCTURED, columns)


_GOLD = "ground_truth"
_SUMMARIES = (("article", "summary"), ("document", "summary"), ("article", "highlights"), ("dialogue", "summary"))
_LAYOUTS = (
    *(_semistructured(("nodes", edges), graph=RECORD_TEXT) for edges in ("links", "edges")),
    _semistructured(("graph",), graph="graph"),
    _semistructured(("subject", "predicate", "object"), head="subject", relation="predicate", tail="object"),
    _semistructured(("head", "relation", "tail"), head="head", relation="relation", tail="tail"),
    _agent(("scores", "infractions"), drive=RECORD_TEXT),
    _agent(("Collision Metric", "meta_data"), drive=RECORD_TEXT),
    _agent(("telemetry", "expert"), telemetry="telemetry", expert="expert"),
    _agent(("telemetry", "actors"), telemetry="telemetry", actors="actors"),
    _agent(("telemetry",), telemetry="telemetry"),
    _agent(("scenario", "id"), scenario="scenario"),
    _agent(("trajectory",), trajectory="trajectory"),
    _agent(("traj", "info.task.actions"), trajectory="traj", gold="info.task.actions"),
    _agent(("traj",), trajectory="traj"),
    _agent(("query", "answers", "tools"), query="query", calls="answers", tools="tools"),
    _agent(("query", "api_list", "conversations"), query="query", trajectory="conversations", tools="api_list"),
    _agent(("conversations", "tools"), trajectory="conversations", tools="tools"),
    _agent(("messages", "tools"), trajectory="messages", tools="tools"),
    _agent(("question", "function", "result", "ground_truth"), query="question", tools="function", calls="result", gold=_GOLD),
    _agent(("question", "function", "result"), query="question", tools="function", calls="result"),
    _agent(("question", "function", "ground_truth"), query="question", tools="function", gold=_GOLD),
    _agent(("question", "function"), query="question", tools="function"),
    _agent(
        ("cleaned_html", "raw_html", "operation", "pos_candidates"),
        page="cleaned_html",
        raw_page="raw_html",
        action="operation",
        element="pos_candidates",
    ),
    _agent(("cleaned_html", "operation", "pos_candidates"), page="cleaned_html", action="operation", element="pos_candidates"),
    _agent(("clean_html", "action", "candidates"), page="clean_html", action="action", element="action"),
    _symbolic(("question", "ground_truth"), problem="question", solution="ground_truth"),
    _symbolic(
        ("prompt", "canonical_solution", "test", "entry_point"),
        problem="prompt",
        code=("prompt", "canonical_solution"),
        tests=("test", "entry_point"),
    ),
    _symbolic(("prompt", "canonical_solution"), problem="prompt", code=("prompt", "canonical_solution")),
    _symbolic(("text", "code", "test_list"), problem="text", code="code", tests="test_list"),
    _symbolic(("text", "code"), problem="text", code="code"),
    _symbolic(("code",), code="code"),
    _symbolic(("content", "lang"), code="content", language="lang"),
    _symbolic(("content", "language"), code="content", language="language"),
    _symbolic(("premises-FOL", "conclusion-FOL", "label"), premises="premises-FOL", conclusion="conclusion-FOL", label="label"),
    _symbolic(("premises", "conclusion", "label"), premises="premises", conclusion="conclusion", label="label"),
    _symbolic(("problem", "solution", "answer"), problem="problem", solution="solution", answer="answer"),
    _symbolic(("problem", "solution"), problem="problem", solution="solution"),
    Layout(("Content", "EventTemplate"), Modality.SEMISTRUCTURED, {"log": "Content", "template": "EventTemplate"}),
    _text(("chosen", "rejected"), chosen="chosen", rejected="rejected"),
    _text(("conversations",), messages="conversations"),
    _text(("messages",), messages="messages"),
    _text(("instruction", "input", "output"), response="output", prompt=("instruction", "input")),
    _text(("instruction", "input", "response"), response="response", prompt=("instruction", "input")),
    _text(("instruction", "output"), response="output", prompt="instruction"),
    _text(("instruction", "response"), response="response", prompt="instruction"),
    _text(("prompt", "response"), response="response", prompt="prompt"),
    _text(("prompt", "completion"), response="completion", prompt="prompt"),
    _symbolic(("question", "answer"), problem="question", solution="answer"),
    _text(("user_query", "chatgpt_response"), response="chatgpt_response", prompt="user_query"),
    *(_text((source, summary), text=summary, context=source) for source, summary in _SUMMARIES),
    *(_text((name,), text=name) for name in ("text", "content", "full_text", "article", "document", "body")),
)
_EXTRAS: dict[str, tuple[str, ...]] = {
    "id": ("id", "task_id", "ID", "uuid", "__key__"),
    "source": ("source", "generator"),
    "language": ("language", "lang"),
    "reward": ("reward",),
    "task": ("task_id", "annotation_id"),
}
_WHERE: dict[Modality, str] = {
    Modality.TEXT: "text",
    Modality.SYMBOLIC: "problem",
    Modality.TABULAR: "row",
    Modality.SEMISTRUCTURED: "json",
    Modality.VISION_LANGUAGE: "caption",
    Modality.AGENT: "trajectory",
}


def guess(path: str, folder: str = ".") -> str:
    """The text of a commented audit.toml for the data at a path. Only the beginning of the data is read.

    A plan's paths are relative to the plan: ``folder`` is where it will lie.

    Raises:
        SourceError: when there is nothing to look at.
    """
    shown = peek(Dataset(path=path, modality=Modality.VISION_LANGUAGE))
    modality, columns = _guessed(shown)
    remote = "://" in path or "::" in path or os.path.isabs(path)
    return _document(path if remote else os.path.relpath(path, folder), shown, modality, columns)


def _guessed(shown: Peek) -> tuple[Modality, dict[str, Origin]]:
    names = shown.columns
    if shown.format in ("images", "webdataset") and {"image", "video"} & set(names):
        return Modality.VISION_LANGUAGE, {}
    layout = next((layout for layout in _LAYOUTS if all(name in names for name in layout.needs)), None)
    if _is_log(shown):
        return Modality.SEMISTRUCTURED, {"log": "text"}
    if _is_triples(shown):
        return Modality.SEMISTRUCTURED, {name: name for name in COLUMNS}
    if _is_telemetry(shown):
        return Modality.AGENT, {"telemetry": "telemetry"}
    pictures = _pictures(shown)
    if pictures and (layout is None or layout.modality is not Modality.AGENT):
        return Modality.VISION_LANGUAGE, {**pictures, **_extras(Modality.VISION_LANGUAGE, pictures, shown)}
    if layout is not None:
        columns = {name: _inner(origin, shown) for name, origin in layout.columns.items()}
        return layout.modality, {**columns, **_extras(layout.modality, columns, shown)}
    if shown.format in ("csv", "tsv") or _is_flat(shown):
        longest = _longest_text(shown)
        return (Modality.TEXT, {"text": longest}) if longest else (Modality.TABULAR, {})
    return Modality.SEMISTRUCTURED, {"json": RECORD_TEXT}


def _inner(origin: Origin, shown: Peek) -> Origin:
    """For an answer stored as a turn, the turn's text."""
    if isinstance(origin, str) and origin != RECORD_TEXT and T.is_struct(shown.columns[origin]):
        return next((f"{origin}.{key}" for key in ("value", "content") if f"{origin}.{key}" in shown.columns), origin)
    return origin


def _extras(modality: Modality, columns: Mapping[str, Origin], shown: Peek) -> dict[str, Origin]:
    logical = [column.name for column in SCHEMAS[modality] if column.name in _EXTRAS and column.name not in columns]
    used = {name for origin in columns.values() for name in ((origin,) if isinstance(origin, str) else origin)}
    found = {name: next((c for c in _EXTRAS[name] if c in shown.columns and c not in used), None) for name in logical}
    return {name: column for name, column in found.items() if column is not None}


def _is_log(shown: Peek) -> bool:
    """Lines of text of which nearly all begin with a time of day."""
    if shown.format != "text" or not shown.sample.num_rows:
        return False
    timed = pc.sum(pc.match_substring_regex(shown.sample["text"], _TIME)).as_py() or 0
    return bool(timed >= _MOSTLY * shown.sample.num_rows)


def _is_triples(shown: Peek) -> bool:
    """Statements of N-Triples, or lines of text with three fields between tabs."""
    return shown.format == FORMAT or (shown.format == "text" and are_triples(shown.sample["text"].combine_chunks()))


def _is_telemetry(shown: Peek) -> bool:
    """A table of times and of how something moved."""
    if shown.format not in ("csv", "tsv", "parquet"):
        return False
    numbers = [name.lower() for name, type_ in shown.columns.items() if T.is_integer(type_) or T.is_floating(type_)]
    moves = any(map(_MOTION.fullmatch, numbers)) or {"x", "y"} <= set(numbers)
    return moves and any(map(_CLOCK.fullmatch, numbers))


def _pictures(shown: Peek) -> dict[str, Origin]:
    """The column that holds or names an image or a clip, and the one with the text beside it; empty where there is none."""
    for name, column in zip(shown.sample.column_names, shown.sample.columns, strict=True):
        path, value = _first(name, column)
        kind = _kind(value)
        if kind is not None:
            texts = (other for other in CAPTION_NAMES if other in shown.columns and other != name)
            caption = next((other for other in texts if T.is_string(shown.columns[other])), None)
            talk = next((other for other in ("conversations", "messages") if other in shown.columns), None)
            several = {"captions": "captions"} if "captions" in shown.columns else {"messages": talk} if talk else {}
            return {kind: path, **({"caption": caption} if caption else several)}
    return {}


def _first(name: str, column: pa.ChunkedArray) -> tuple[str, str | bytes | None]:
    """The first value of a column; of the structs in which Hugging Face keeps files, their bytes."""
    value = next((one.as_py() for one in column if one.is_valid), None)
    if isinstance(value, dict):
        inner = next((key for key in ("bytes", "path") if value.get(key)), "")
        name, value = f"{name}.{inner}", value.get(inner)
    return name, value if isinstance(value, str | bytes) else None


def _kind(value: str | bytes | None) -> str | None:
    if isinstance(value, bytes):
        return "image" if _PICTURE.match(value) else None
    return None if named(value) is None or "://" in str(value) else "video" if str(value).lower().endswith(CLIPS) else "image"


def _is_flat(shown: Peek) -> bool:
    return shown.format in ("parquet", "arrow", "jsonl") and not any(T.is_nested(type_) for type_ in shown.columns.values())


def _longest_text(shown: Peek) -> str | None:
    """The column of running text: of those whose cells are long on average, the longest."""
    lengths = {}
    for name, column in zip(shown.sample.column_names, shown.sample.columns, strict=True):
        if (T.is_string(column.type) or T.is_large_string(column.type)) and column.null_count < len(column):
            lengths[name] = pc.mean(pc.utf8_length(column)).as_py()
    name = max(lengths, key=lambda name: lengths[name], default=None)
    return name if name is not None and lengths[name] > _LONG_TEXT else None


def _document(path: str, shown: Peek, modality: Modality, columns: Mapping[str, Origin]) -> str:
    lines = [
        "# A plan for `auditor audit`. Written by looking at the data: check the modality and the columns.",
        f"name = {_quoted(redact(path).rstrip('/').rpartition('/')[2] or 'audit')}",
        '# use = "sft"                    # judge fitness for a use',
        "",
        f"# Looked at {shown.sample.num_rows:,} records of {shown.format}:",
        *_seen(shown),
        "[subject]",
        f"path = {_quoted(path)}",
        f"modality = {_quoted(modality)}         # {', '.join(Modality)}",
        *_format(shown),
        f"columns = {{ {', '.join(f'{name} = {_value(origin)}' for name, origin in columns.items())} }}",
        f"# {modality} data may also have: {', '.join(c.name for c in SCHEMAS[modality] if c.name not in columns)}",
        *(_types(shown) if modality is Modality.TABULAR else []),
        "",
        *_optional(next(iter(columns), _WHERE[modality]), [f"# {line}" for line in _format(shown)]),
    ]
    return "\n".join(lines) + "\n"


def _format(shown: Peek) -> Iterable[str]:
    """What the extensions do not say."""
    if _is_triples(shown) and shown.format != FORMAT:
        yield f'format = "{FORMAT}"'
    elif _is_telemetry(shown):
        yield 'format = "telemetry"             # each file is a drive'


def _seen(shown: Peek) -> Iterable[str]:
    for name, type_ in list(shown.columns.items())[:_MOST_COLUMNS]:
        yield f"#   {_commented(name)}: {_commented(str(type_))}{_example(shown, name)}"
    if len(shown.columns) > _MOST_COLUMNS:
        yield f"#   and {len(shown.columns) - _MOST_COLUMNS:,} more"


def _types(shown: Peek) -> Iterable[str]:
    """A line for every column of a table with what it seems to hold, and what shows it."""
    yield ""
    yield "[subject.types]           # number, datetime (or datetime:%d.%m.%Y), category, boolean, text or id; check them"
    for name, column in list(dict(zip(shown.sample.column_names, shown.sample.columns, strict=True)).items())[:_MOST_TYPED]:
        found = suggestion(name, column)
        if found.kind:
            yield f"{_quoted(name)} = {_quoted(found.kind)}  # {_plain(found.seen)}"
        else:
            yield f"#   {_commented(name)}: {found.seen}"


def _plain(text: str) -> str:
    return "".join(c for c in text if " " <= c <= "~")


def _example(shown: Peek, name: str) -> str:
    if name not in shown.sample.column_names:
        return ""
    value = next((v.as_py() for v in shown.sample.column(name) if v.is_valid), None)
    if value is None:
        return ", no value seen"
    shown_value = f"{len(value):,} bytes" if isinstance(value, bytes) else str(value)
    return f", such as {_commented(shown_value)}"


def _optional(column: str, format_: list[str]) -> list[str]:
    return [
        "# Real data of the same kind makes fidelity measurable; data the generator never saw makes leakage measurable.",
        "# [reference]",
        '# path = "real/*.parquet"',
        *format_,
        f'# columns = {{ {column} = "its name there" }}     # left out: as in [subject]',
        "# [holdout]",
        '# path = "holdout/*.parquet"',
        *format_,
        "",
        "# Without [metrics] every metric that the data allows is measured; with it only those named.",
        '# [metrics."corpus.exact_duplicates"]',
    ]


def _value(origin: Origin) -> str:
    return _quoted(origin) if isinstance(origin, str) else f"[{', '.join(map(_quoted, origin))}]"


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes, without the surrogate pairs that TOML forbids."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def _commented(text: str) -> str:
    """Text in a comment: one line, only ASCII, cut."""
    cut = text[:_EXAMPLE] + ("..." if len(text) > _EXAMPLE else "")
    return json.dumps(cut).replace("\x7f", "\\u007f")
