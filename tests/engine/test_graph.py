"""What runs, what does not and why; and that features are computed once and nothing else is read."""

from pathlib import Path

from engine import catalog
from engine.graph import resolve_names
from engine.schema import Modality, Side

TEXT = {Side.SUBJECT: ("text", "id")}
BOTH = {Side.SUBJECT: ("text", "id"), Side.REFERENCE: ("text",)}


def test_a_feature_is_computed_once_for_all_that_read_it():
    graph = resolve_names(["text.distinct_n", "text.gopher_quality", "text.gopher_repetition"], TEXT, Modality.TEXT)
    (step,) = graph.passes
    assert step.features == ("features.words",)
    assert step.columns == ("text",)


def test_a_comparison_needs_its_reference():
    graph = resolve_names(["text.ngram_jsd"], TEXT, Modality.TEXT)
    assert "reference" in graph.missing["text.ngram_jsd"]
    assert not graph.passes
    assert [step.side for step in resolve_names(["text.ngram_jsd"], BOTH, Modality.TEXT).passes] == [
        Side.SUBJECT,
        Side.REFERENCE,
    ]


def test_a_reference_is_read_only_by_what_compares():
    graph = resolve_names(["text.well_formed", "corpus.exact_duplicates"], BOTH, Modality.TEXT)
    assert [step.side for step in graph.passes] == [Side.SUBJECT, Side.SUBJECT]
    assert graph.passes[1].joined == ("relations.exact_groups",)
    overlap = resolve_names(["corpus.exact_overlap"], BOTH, Modality.TEXT)
    assert [step.name for step in overlap.passes] == ["subject", "reference", "subject.joined"]


def test_text_is_made_from_a_response_where_there_is_no_text():
    graph = resolve_names(["text.well_formed"], {Side.SUBJECT: ("response", "prompt")}, Modality.TEXT)
    assert graph.passes[0].features == ("features.response_text",)
    assert graph.passes[0].columns == ("response",)


def test_a_missing_column_is_named():
    graph = resolve_names(["text.role_turns", "text.well_formed"], TEXT, Modality.TEXT)
    assert "messages" in graph.missing["text.role_turns"]
    assert "text.well_formed" not in graph.missing


def test_every_metric_reads_columns_that_something_can_write():
    known = {"payload", "_shard"}
    known |= {column for cls in catalog.features().values() for column in cls.writes}
    known |= {column for cls in catalog.relations().values() for column in cls.writes}
    from engine.schema import SCHEMAS

    for name in catalog.metric_names():
        family = name.split(".")[0]
        schemas = [Modality(family)] if family != catalog.CORPUS else list(Modality)
        columns = known | {column.name for modality in schemas for column in SCHEMAS[modality]}
        assert set(catalog.metric_class(name).reads) <= columns, name


def test_a_metric_that_reads_a_relation_reads_nothing_else():
    written = {column for cls in catalog.relations().values() for column in cls.writes}
    for name in catalog.metric_names():
        reads = set(catalog.metric_class(name).reads)
        assert not reads & written or reads <= {*written, "_shard"}, f"{name}: relation columns are folded without the source's"


def test_every_metric_has_a_test_file():
    folder = Path(__file__).parents[1] / "operators"
    for name in catalog.metric_names():
        family, metric = name.split(".")
        assert (folder / family / f"test_{metric}.py").exists(), name


def test_a_feature_of_either_of_two_columns_needs_one_and_reads_what_there_is():
    def step(*columns):
        return resolve_names(["vision_language.nsfw"], {Side.SUBJECT: columns}, Modality.VISION_LANGUAGE)

    assert step("video", "caption").passes[0].columns == ("video",)
    assert step("image", "video").passes[0].columns == ("image", "video")
    assert step("caption").missing["vision_language.nsfw"] == "needs a column image or video: map it in [subject] columns"
