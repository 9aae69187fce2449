"""The README's example of a metric is a metric: its docstring's example runs, and it folds and merges."""

import doctest
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from engine import metric, schema, state, value

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_example_metric_works():
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {"dataclass": dataclass, "ClassVar": ClassVar, "pa": pa, "pc": pc, "Metric": metric.Metric, "Ratio": state.Ratio}
    names |= {"Dimension": schema.Dimension, "Direction": schema.Direction, "Value": value.Value, "__name__": "readme"}
    exec(source, names)
    example = names["QuestionMarks"]
    parsed = doctest.DocTestParser().get_doctest(example.__doc__, names, "README", "README.md", 0)
    assert parsed.examples
    assert doctest.DocTestRunner().run(parsed).failed == 0
    batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "text": ["a?", None, "b"]})
    assert example().value(example().fold(batch) + example().zero()).value == 0.5
    assert example().value(example().zero()).value is None


def test_commands_that_the_readme_names_exist():
    from engine.cli import main

    named = set(re.findall(r"auditor (init|plan|audit|gate|metrics|show|diff|report|doctor|demo)\b", README))
    assert named <= set(main.commands)
    assert {"init", "plan", "audit", "gate"} <= named
