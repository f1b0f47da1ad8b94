"""Every figure: drawn from a made-up study, from empty tables and from faulty ones, with the same bytes each time."""

from pathlib import Path

import pandas as pd
import pytest
from drawn_study import write_drawn_study
from matplotlib.image import imread
from plot_figure import plot_figure

SPLIT = {"split": "scaffold"}
FIGURES = {
    "headline": (("headline", "headline_curves", "relative_errors"), SPLIT | {"gain_margin": 0.01}),
    "loss": (("runs", "fits"), {}),
    "transfer": (("transfer", "runs", "tasks"), SPLIT),
    "gains": (("saturation", "elasticity"), SPLIT | {"aggregate": ["bace", "bbbp", "esol"]}),
    "controls": (("controls",), SPLIT),
    "pretraining_control": (("pretraining_control",), SPLIT),
    "correlations": (("correlations",), SPLIT),
    "descriptors": (("tasks", "saturation"), SPLIT),
    "costs": (("costs",), {}),
    "ablation": (("ablation",), {"gain_margin": 0.01, "elasticity_margin": 0.1}),
    "agreement": (("saturation",), SPLIT),
    "decision": (("decision", "costs"), {}),
    "reconciliation": (("reconciliation",), SPLIT),
    "paths": (("task_vectors",), {}),
    "transfer_all": (("transfer", "runs", "tasks"), SPLIT),
    "spectrum": (("spectrum_nodes",), {}),
    "curves": (("curves", "widths"), {}),
    "representations": (("cka", "cka_map"), {}),
    "surface": ("surface", {}),
    "parameters": ("maps", {}),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    return write_drawn_study(tmp_path_factory.mktemp("study"))


def draw(name: str, study: Path, out: Path) -> tuple[bytes, bytes]:
    tables, settings = FIGURES[name]
    if isinstance(tables, str):  # a folder of files
        files = sorted(path for path in (study / tables).rglob("*.*") if path.is_file())
    else:
        files = [study / "tables" / f"{table}.csv" for table in tables]
    pdf, png = out / f"{name}.pdf", out / f"{name}.png"
    plot_figure(name, files, settings, 60, pdf, png)
    return pdf.read_bytes(), png.read_bytes()


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
