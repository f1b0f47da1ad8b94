"""What the panels of figures show: points, failures, units, lines, limits, words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clm.figures import (
    curves,
    descriptors,
    gains,
    headline,
    loss,
    pretraining_control,
    representations,
    spectrum,
    transfer,
)
from clm.figures.style import spread
from clm.figures.tables import read_table
from clm.tables.columns import KEYS
from clm.tables.descriptors import DESCRIPTORS
from clm.tables.panels import primary_labels
from clm.wording.names import task_name
from drawn_study import write_drawn_study
from drawn_tables import runs_table
from made_up import SIZES, TASKS
from matplotlib.figure import Figure


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    return write_drawn_study(tmp_path_factory.mktemp("study"))


def test_the_headline_has_the_finding_above_each_panel_and_labels_at_its_lines(study):
    tables = [read_table(study / "tables" / f"{name}.csv", *columns) for name, columns in headline.TABLES.items()]
    figure = headline.draw(*tables, "scaffold", 0.01)
    words = [[text.get_text() for text in axis.texts] for axis in figure.axes]
    assert "fine-tuned: error falls by 3.0 % [1.0, 5.0]" in words[0] and "loss falls by 20 % [10, 30]" in words[0]
    assert "linear probe: 3.0 % [1.0, 5.0], less than 1 %" in words[1] and "nothing to compare" in words[2]
    assert {"loss", "BACE", "ESOL", "BBBP", "control: logP", "probe, median"} <= set(words[0])
    rows = [label.get_text() for label in figure.axes[3].get_yticklabels()]
    assert sorted(rows) == ["BACE", "ESOL"] and "fine-tuned: 2 of 2" in words[3]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_many_fine_tuned_tasks_have_labels_at_both_extremes_alone(study):
    """With twenty tasks labels ran over the tick labels below the panel, far from the lines that they named."""
    tables = [read_table(study / "tables" / f"{name}.csv", *columns) for name, columns in headline.TABLES.items()]
    tuned = tables[1][(tables[1]["axis"] == "D") & (tables[1]["mode"] == "fine_tuned")]
    one = tuned[(tuned["series"] == "task") & (tuned["task"] == "bace")]
    many = [one.assign(task=f"t{i:02}", value=1 - i / 100) for i in range(20)]
    median = one.assign(series="median", task="", value=0.9)
    tables[1] = pd.concat([tables[1].drop(tuned.index), *many, median], ignore_index=True)
    axis = headline.draw(*tables, "scaffold", 0.01).axes[0]
    named = {text.get_text(): text.xy[1] for text in axis.texts if text.get_fontsize() < 6}
    tasks = [f"t{i:02}" for i in (0, 1, 2, 3, 16, 17, 18, 19)]
    assert {name for name in named if name.startswith("t")} == set(tasks) and "fine-tuned, median" in named
    assert min(named.values()) >= 0 and [named[name] for name in tasks] == sorted(named[name] for name in tasks)[::-1]


def test_loss_panels_show_points_fits_and_failures(study):
    runs = read_table(study / "tables" / "runs.csv", loss.TEXT, loss.NUMBERS)
    fits = read_table(study / "tables" / "fits.csv", loss.FIT_TEXT, loss.FIT_NUMBERS)
    figure = loss.draw(runs, fits)
    assert len(figure.axes) == 3  # pubchem has one trunk only, so no row
    drawn = sum(len(points.get_offsets()) for points in figure.axes[0].collections)
    assert drawn == ((runs["corpus"] == "zinc") & (runs["status"] == "ok")).sum()
    words = figure.axes[0].get_title(loc="left")
    assert words.startswith("loss falls by 7.3 % [5.9, 8.7] per doubling")  # 1 - 2^-0.110
    assert "exponent 0.110 [0.088, 0.132]" in words and "not identified" in words
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert [len(line.get_xdata()) for line in crosses] == [1]


def test_curves_are_told_apart_by_what_differs_and_carry_their_widths(study):
    points = read_table(study / "tables" / "curves.csv", KEYS, curves.POINT_NUMBERS)
    widths = read_table(study / "tables" / "widths.csv", (*KEYS, "status"), curves.WIDTH_NUMBERS)
    left, right = curves.draw(points, widths).axes
    texts = [[text.get_text() for text in axis.get_legend().get_texts()] for axis in (left, right)]
    assert texts[0] == ["60k parameters: width 0.37", "1M parameters: width 0.28", "3M parameters: width beyond reach"]
    assert texts[1] == ["400k tokens: width 0.45", "800k tokens: width 0.37"]
    assert max(left.lines[1].get_ydata()) == pytest.approx(5) and min(left.lines[1].get_ydata()) == 0


def test_spectra_are_densities_and_tails_in_units_of_the_largest(study):
    nodes = read_table(study / "tables" / "spectrum_nodes.csv", spectrum.NODE_TEXT, spectrum.NODE_NUMBERS)
    left, right = spectrum.draw(nodes).axes
    for line in left.lines:  # both scales look the same and integrate to one
        assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(left.lines[0].get_ydata(), left.lines[1].get_ydata())
    ends = [(round(line.get_xdata()[-1], 3), round(line.get_ydata()[-1], 3)) for line in right.lines]
    assert ends == [(0.05, 0.09), (0.1, 0.01)] * 2


def test_law_follows_its_parameters():
    x = np.array([1e4, 1e6])
    np.testing.assert_allclose(loss.law({"A": 10.0, "a": 0.5, "E": 0.3}, x), 0.3 + 10 / np.sqrt(x))
    assert loss.law({"A": np.nan, "a": 0.5}, x) is None and loss.law({}, x) is None


def test_transfer_panels_have_units_and_all_lines(study):
    tables = study / "tables"
    rows = read_table(tables / "transfer.csv", transfer.TEXT, transfer.NUMBERS)
    tasks = read_table(tables / "tasks.csv", transfer.TASK_TEXT, ())
    figure = transfer.draw(rows, transfer.read_runs(tables / "runs.csv"), tasks, "scaffold", most=99)
    titles = [axis.get_title().splitlines()[0] for axis in figure.axes]
    assert sorted(titles) == sorted(map(task_name, TASKS))
    by_name = dict(zip(titles, figure.axes, strict=True))
    assert by_name["ESOL"].get_ylabel() == "RMSE (log mol/L)" and by_name["BACE"].get_ylabel() == "1 − AUC"
    assert len(by_name["ESOL"].lines) == 4  # forest, token counts, untrained, trend
    correlations = [float(axis.get_title().split("= ")[1].replace("−", "-")) for axis in figure.axes]
    assert correlations == sorted(correlations, reverse=True)
    assert len(transfer.draw(rows, transfer.read_runs(tables / "runs.csv"), tasks, "scaffold").axes) == 4


def test_other_corpora_are_placed_by_their_loss_on_the_common_validation_set(study):
    runs = transfer.read_runs(study / "tables" / "runs.csv").set_index(["corpus", "size", "subset", "seed", "budget"])
    table = runs_table().set_index(["corpus", "size", "subset"])
    assert runs["common"].loc[("pubchem", "1m", "32k", "0", "200k")] == pytest.approx(
        table.loc[("pubchem", "1m", "32k"), "loss_zinc"].iloc[0]
    )


def test_mean_over_labels_replaces_single_labels():
    rows = pd.DataFrame({"task": ["a", "a", "b"], "label": ["x", "mean", "y"]})
    assert primary_labels(rows).index.tolist() == [1, 2]


def test_every_baseline_that_occurs_has_a_line_of_its_own():
    names = ["ecfp_forest", "dmpnn", "attentive_fp", "graph_conv", "mpnn", "chemberta", "unimol", ""]
    lines = transfer.lines_of(pd.DataFrame({"baseline": names, "corpus": ""}))
    assert set(lines) == set(names) - {""} and len(set(lines.values())) == len(lines)


def test_gains_are_percent_tasks_by_their_gain_and_controls_below_a_line(study):
    tables = study / "tables"
    saturation = read_table(tables / "saturation.csv", gains.TEXT, gains.NUMBERS)
    slopes = read_table(tables / "elasticity.csv", gains.ELASTICITY_TEXT, gains.ELASTICITY_NUMBERS)
    counted = [task for task in TASKS if task != "bace"]
    figure = gains.draw(saturation, slopes, "scaffold", counted)
    order = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert order[-1] == "BACE" and len(order) == len(TASKS)  # as if it were a control task
    scaffold = saturation[(saturation["split"] == "scaffold") & (saturation["axis"] == "D")]
    probed = scaffold[scaffold["mode"] == "linear_probe"].set_index("task")["gain"]
    tuned = scaffold[scaffold["mode"] == "fine_tuned"].set_index("task")["gain"].dropna()
    best = tuned.combine_first(probed)[counted].idxmax()
    assert order[0] == task_name(best)
    shown = [float(x) for line in figure.axes[0].lines for x in line.get_xdata() if len(line.get_xdata()) == 1]
    assert any(x == pytest.approx(100 * probed[best]) for x in shown)
    ends = {axis.get_xlim() for axis in figure.axes[:4] if axis.get_xlim() != (0.0, 1.0)}
    assert len(ends) == 1  # one scale for all axes of scale


def test_rank_correlation_is_shown_from_twelve_tasks_on():
    for count, shown in ((11, "n = 11"), (12, "ρ = −1.00, n = 12")):
        order = np.arange(count, dtype=float)
        joined = pd.DataFrame({"kind": "regression", "control": 0.0, "heavy_atoms": order, "gain": -(order**3),
                               "lower": -order - 1, "upper": order})  # fmt: skip
        axis = Figure().subplots()
        descriptors.draw_descriptor(axis, joined, "heavy_atoms", logarithmic=False)
        assert axis.get_title(loc="right") == shown


def test_the_descriptor_that_gains_follow_most_is_drawn_from_twelve_tasks_on():
    for count, title in ((11, ""), (12, f"Exploratory: the strongest of {2} descriptors")):
        order = np.arange(1.0, count + 1)
        tasks = pd.DataFrame({"task": [f"task{i}" for i in range(count)], "kind": "regression", "control": 0.0})
        for item in DESCRIPTORS:
            tasks[item.column] = np.nan
        shown = [item for item in DESCRIPTORS if item.axis][:2]
        tasks[shown[0].column] = np.roll(order, 5)
        tasks[shown[1].column] = -order
        rows = {"task": tasks["task"], "axis": "N", "mode": "linear_probe", "split": "scaffold", "features": "mean"}
        saturation = pd.DataFrame(rows | {"metric": "rmse", "gain": order / 100, "lower": 0.0, "upper": 0.2})
        figure = descriptors.draw(tasks, saturation, "scaffold")
        assert (figure.get_suptitle() or "") == title
        if title:
            assert figure.axes[0].get_xlabel() == shown[1].axis


def test_limits_hold_every_estimate_despite_a_far_interval():
    rows = pd.DataFrame({"gain": [1.0, 2.0, -1.0] * 10, "lower": [-2.0] * 29 + [-500.0], "upper": [3.0] * 29 + [500.0]})
    low, high = gains.limits(rows)
    assert -10 < low < -1 and 2 < high < 10


def test_matrix_of_representations_holds_last_budgets_sizes_in_order(study):
    points = read_table(study / "tables" / "cka_map.csv", representations.POINT_TEXT, representations.POINT_NUMBERS)
    pairs = read_table(study / "tables" / "cka.csv", representations.PAIR_TEXT, representations.PAIR_NUMBERS)
    names = list(representations.last_budgets(points).values())
    assert names[0] == "token counts" and "60k untrained, seed 0" in names
    assert len(names) == 1 + len(SIZES) + 15 and "1M, PubChem, 32k molecules, seed 0" in names
    sizes = [representations.number_of(name.split(",")[0]) for name in names[1 + len(SIZES) :]]
    assert sizes == sorted(sizes) and sizes[0] == 6e4
    values = representations.draw(pairs, points).axes[0].images[0].get_array()
    assert values.shape == (20, 20) and np.allclose(values, values.T) and np.allclose(np.diag(values), 1)


def test_labels_lie_a_gap_apart_and_below_the_title():
    assert spread([0.2, 0.6], 0.05) == pytest.approx([0.2, 0.6])
    assert spread([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])
    assert spread([0.3, 0.98, 0.99, 1.0], 0.05) == pytest.approx([0.3, 0.9, 0.95, 1.0])
    assert spread([0.0, 0.01], 0.05) == pytest.approx([0.0, 0.05])
    assert spread([0.5] * 5, 0.3)[-1] == pytest.approx(1.0), "too many reach beyond the lower end"


def test_tasks_of_the_shuffled_control_are_sorted_by_what_pretraining_does():
    rows = [("(all)", "pretrained", 0.0), ("b", "shuffled", 0.9), ("b", "pretrained", 0.1), ("a", "pretrained", 0.2)]
    table = pd.DataFrame([("c", "shuffled", 0.3), *rows], columns=["task", "kind", "gain"])
    assert pretraining_control.rows_of(table) == ["(all)", "a", "b", "c"]
