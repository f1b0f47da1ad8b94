"""Every figure: drawn from a made-up study, from empty tables and from faulty ones, with the same bytes each time."""

import json
from pathlib import Path

import pandas as pd
import plot_ablation
import plot_agreement
import plot_controls
import plot_correlations
import plot_costs
import plot_curves
import plot_decision
import plot_descriptors
import plot_gains
import plot_loss
import plot_parameters
import plot_paths
import plot_reconciliation
import plot_representations
import plot_spectrum
import plot_surface
import plot_thresholds
import plot_transfer
import pytest
from drawn_study import write_drawn_study
from matplotlib.image import imread

CONFIG = json.dumps({"dpi": 60, "split": "scaffold", "corpus": "zinc", "gain_margin": 0.01, "elasticity_margin": 0.1})
FIGURES = {
    "loss": (plot_loss, ("runs", "fits")),
    "transfer": (plot_transfer, ("transfer", "runs", "tasks")),
    "gains": (plot_gains, ("saturation", "elasticity")),
    "controls": (plot_controls, ("controls",)),
    "correlations": (plot_correlations, ("correlations",)),
    "descriptors": (plot_descriptors, ("tasks", "saturation")),
    "costs": (plot_costs, ("costs",)),
    "ablation": (plot_ablation, ("ablation",)),
    "thresholds": (plot_thresholds, ("thresholds", "runs")),
    "agreement": (plot_agreement, ("saturation",)),
    "decision": (plot_decision, ("decision", "costs")),
    "reconciliation": (plot_reconciliation, ("reconciliation",)),
    "paths": (plot_paths, ("paths", "task_vectors")),
    "spectrum": (plot_spectrum, ("spectrum_nodes",)),
    "curves": (plot_curves, ("curves", "widths")),
    "representations": (plot_representations, ("cka", "cka_map")),
    "surface": (plot_surface, ()),
    "parameters": (plot_parameters, ()),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    return write_drawn_study(tmp_path_factory.mktemp("study"))


def draw(name: str, study: Path, out: Path) -> tuple[bytes, bytes]:
    script, tables = FIGURES[name]
    argv = ["--config", CONFIG, "--pdf", str(out / f"{name}.pdf"), "--png", str(out / f"{name}.png")]
    for table in tables:
        argv += [f"--{table}", str(study / "tables" / f"{table}.csv")]
    extra = {"surface": ("--surfaces", "surface"), "parameters": ("--maps", "maps")}.get(name)
    if extra:
        argv += [extra[0], *map(str, sorted((study / extra[1]).rglob("*.*")))]
    script.main(argv)
    return (out / f"{name}.pdf").read_bytes(), (out / f"{name}.png").read_bytes()


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_drawn(name, study, tmp_path):
    pdf, _ = draw(name, study, tmp_path)
    assert pdf.startswith(b"%PDF") and b"CreationDate" not in pdf
    pixels = imread(tmp_path / f"{name}.png")[..., :3]
    assert pixels.shape[1] > 300 and 0.01 < (pixels.min(axis=2) < 0.95).mean() < 0.9
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.pdf", f"{name}.png"]


@pytest.mark.parametrize("name", FIGURES)
def test_empty_tables_do_not_stop_a_figure(name, study, tmp_path):
    (tmp_path / "tables").mkdir()
    for table in (study / "tables").glob("*.csv"):
        head = table.read_text().splitlines()[0] + "\n" if name != "loss" else ""
        (tmp_path / "tables" / table.name).write_text(head)
    draw(name, tmp_path, tmp_path)


def test_same_tables_give_same_bytes(study, tmp_path, monkeypatch):
    first = draw("costs", study, tmp_path)
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert draw("costs", study, tmp_path) == first


def test_values_that_are_missing_or_not_numbers_do_not_stop_a_figure(study, tmp_path):
    (tmp_path / "tables").mkdir()
    for table in (study / "tables").glob("*.csv"):
        frame = pd.read_csv(table, dtype=str, keep_default_na=False)
        for column in frame.columns[-4:]:
            frame.loc[frame.index[::2], column] = ""
        frame.to_csv(tmp_path / "tables" / table.name, index=False)
    for name in ("loss", "transfer", "gains", "correlations", "costs"):
        draw(name, tmp_path, tmp_path)
