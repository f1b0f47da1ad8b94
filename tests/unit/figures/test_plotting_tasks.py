"""Figures and pages of single tasks: drawn from small tables and from empty ones, every text escaped."""

import pandas as pd
import pytest
from clm.figures import costs, errors, published, relative_errors
from matplotlib.image import imread
from plot_figure import plot_figure

SIZES = {"60k": 6e4, "1m": 1e6}
UNITS = r"$\frac$ <b>mol/L"  # free text of the configuration: neither a formula nor markup
ANSWER = {"task": "esol", "units": UNITS, "corpus": "zinc"}


def tables(folder):
    """Write the tables that the figures read."""
    names = {"subset": "8k", "seed": 0, "budget": "1m"}
    models = [{"corpus": "zinc", "size": size, "parameters": count} | names for size, count in SIZES.items()]
    runs = pd.DataFrame(models).assign(status="ok", molecules=8000, tokens=1e6)
    bounds = {"task": "esol", "metric": "rmse", "lower": 0.8, "upper": 1.3}
    score = bounds | {"split": "scaffold", "label": "y", "status": "ok"}
    frozen = score | names | {"mode": "linear_probe", "corpus": "zinc", "error": 1.0, "features": "mean"}
    forest = score | {"mode": "baseline", "baseline": "ecfp_forest", "error": 1.2, "features": "counts"}
    rows = [frozen | {"size": size} for size in SIZES] + [forest]
    curves = [
        bounds | {"model": name, "baseline": base, "labels": n, "error": 30 / n}
        for name, base in (("60k", ""), ("ecfp_forest", "ecfp_forest"))
        for n in (50, 100, 200)
    ]
    shown = bounds | {"origin": "published", "kind": "published", "score": 0.9}
    published = [shown | {"model": "GCN"}, shown | {"model": "60k", "kind": "linear_probe", "origin": "this study"}]
    written = {"runs": runs, "transfer": pd.DataFrame(rows), "learning_curves": pd.DataFrame(curves)}
    kinds = (("60k", "linear_probe", 60), ("token_counts", "baseline", None))
    written["relative_errors"] = pd.DataFrame(
        score | {"model": model, "kind": kind, "parameters": n, "ratio": 1.1, "smallest": 0.9, "largest": 1.2}
        for model, kind, n in kinds
    )
    for name, table in (written | {"published": pd.DataFrame(published)}).items():
        table.to_csv(folder / f"{name}.csv", index=False)


FIGURES = {
    "learning": ({"units": {"esol": UNITS}}, ["learning_curves"]),
    "published": ({}, ["published"]),
    "relative_errors": ({"split": "scaffold"}, ["relative_errors"]),
    "errors": (ANSWER, ["transfer", "runs"]),
}


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_drawn_with_and_without_rows(name, empty, tmp_path):
    tables(tmp_path)
    settings, read = FIGURES[name]
    files = [tmp_path / f"{table}.csv" for table in read]
    for path in files if empty else ():
        path.write_text(path.read_text().splitlines()[0] + "\n")
    plot_figure(name, files, settings, 60, tmp_path / "a.pdf", tmp_path / "a.png")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    pixels = imread(tmp_path / "a.png")[..., :3]
    assert pixels.shape[1] > 300 and (pixels.min(axis=2) < 0.95).any()


def test_published_scores_are_told_apart_by_their_source():
    row = {"model": "GCN", "kind": "published", "source": "b"}
    names = [published.in_words(row | {"source": source}, ["a", "b"]) for source in ("a", "b", "")]
    assert names == ["GCN [1]", "GCN [2]", "GCN"]
    assert published.in_words({"model": "token_counts", "kind": "baseline", "source": ""}, []) == "token counts"


def legend(figure):
    return {text.get_text() for shown in figure.legends for text in shown.get_texts()}


def test_models_from_elsewhere_have_a_mark_and_a_name_of_their_own(tmp_path):
    tables(tmp_path)
    runs, transfer = errors.read(tmp_path / "runs.csv", tmp_path / "transfer.csv")
    other = transfer[transfer["baseline"] == "ecfp_forest"].assign(baseline="chemberta77m", error=0.9)
    figure = errors.draw(pd.concat([transfer, other]), runs, "zinc", "esol", "")
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["chemberta77m", "60k parameters", "1M parameters", "fingerprint forest"]
    assert legend(figure) == {"linear probe", "without pretraining", "pretrained elsewhere"}
    ratios = pd.read_csv(tmp_path / "relative_errors.csv")
    figure = relative_errors.draw(pd.concat([ratios, ratios.tail(1).assign(model="v2")]), "scaffold")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["60k", "token counts", "v2"]
    assert legend(figure) == {"linear probe", "without pretraining", "pretrained elsewhere"}
    ours = pd.read_csv(tmp_path / "published.csv").tail(1).assign(model="v2", kind="baseline", source="")
    figure = published.draw(ours)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["v2"]
    assert legend(figure) == {"pretrained elsewhere"}


def test_the_time_of_models_from_elsewhere_is_not_that_of_baselines():
    jobs = [("baseline", "transfer/baselines/ecfp_forest/esol"), ("baseline", "transfer/baselines/v2/esol")]
    table = pd.DataFrame(jobs, columns=["stage", "job"]).assign(**dict.fromkeys(costs.NUMBERS, 1.0))
    shown = {label.get_text() for label in costs.draw(table).axes[0].get_yticklabels()}
    assert shown == {"without pretraining", "pretrained elsewhere"}
