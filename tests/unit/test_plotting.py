import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
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
import render_claims
import summarize_study
from clm.plotting import curves, descriptors, gains, loss, representations, spectrum, transfer
from clm.plotting.claims import claims_page
from clm.plotting.style import short_number
from clm.plotting.tables import NAMES, read_table
from matplotlib.figure import Figure
from matplotlib.image import imread

REGRESSION = {"esol": "log mol/L", "lipo": "log D", "ppbr": "% bound", "control_logp": ""}
TASKS = [*REGRESSION, "bbbp", "bace", "cyp2d6_substrate"]
SIZES = {"60k": 62_336, "200k": 203_520, "500k": 512_640, "1m": 1_054_208}
SUBSETS = {"2k": 2_000, "8k": 8_000, "32k": 32_000}
BUDGETS = {"200k": 2e5, "400k": 4e5, "800k": 8e5, "1600k": 1.6e6}
CONFIG = json.dumps({"dpi": 60, "split": "scaffold", "corpus": "zinc", "gain_margin": 0.01, "elasticity_margin": 0.1})


def runs_table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    trunks = [("zinc", s, u, 0) for s in SIZES for u in SUBSETS]
    trunks += [("zinc", "1m", "32k", 1), ("zinc", "1m", "32k", 2), ("pubchem", "1m", "32k", 0)]
    rows = []
    for corpus, size, subset, seed in trunks:
        for budget, tokens in BUDGETS.items():
            n, u = SIZES[size], SUBSETS[subset]
            value = 0.35 + 12 / n**0.25 + 90 / tokens**0.4 + 30 / u + 0.02 * rng.normal() + 0.6 * (corpus == "pubchem")
            rows.append(
                dict(corpus=corpus, size=size, subset=subset, seed=seed, budget=budget, status="ok", parameters=n,
                     tokens=tokens, molecules=min(u, tokens / 37), epochs=tokens / 37 / u, flops=6.4 * n * tokens,
                     loss=value, loss_zinc=value, loss_pubchem=value + 0.7)
            )  # fmt: skip
    rows[5] |= {"status": "diverged", "loss": np.nan, "loss_zinc": np.nan}
    for size, n in SIZES.items():
        rows.append(dict(corpus="untrained", size=size, subset="none", seed=0, budget="0", status="ok", parameters=n,
                         tokens=0, molecules=0, flops=0, loss=4.1, loss_zinc=4.1))  # fmt: skip
    return pd.DataFrame(rows)


def transfer_table(runs: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for i, task in enumerate(TASKS):
        scale = 1.0 if task in REGRESSION else 0.25
        common = dict(task=task, split="scaffold", split_seed=0, label="y", status="ok",
                      metric="rmse" if task in REGRESSION else "auc")  # fmt: skip
        for run in runs.to_dict("records"):
            names = {key: run[key] for key in ("corpus", "size", "subset", "seed", "budget")}
            e = scale * (0.7 + 0.02 * (i % 6) * ((run["loss"] if run["loss"] > 0 else 3) ** 1.3) + 0.02 * rng.normal())
            rows.append(common | names | dict(mode="frozen", features="mean", error=e, lower=e * 0.92, upper=e * 1.09))
            if run["subset"] in ("32k", "none") and run["budget"] in ("1600k", "0"):
                for seed in (0, 1):
                    f = 0.95 * e + 0.01 * scale * rng.normal()
                    rows.append(common | names | dict(mode="full", finetune_seed=seed, features="", error=f,
                                                      lower=f * 0.9, upper=f * 1.1))  # fmt: skip
        for baseline, factor in (("ecfp_forest", 0.8), ("token_counts", 0.95)):
            rows.append(common | dict(mode="baseline", baseline=baseline, features="counts", error=factor * scale))
    return pd.DataFrame(rows)


def fits_table() -> pd.DataFrame:
    rows = []
    for axis, a, scale in (("N", 0.11, 5.3), ("D", 0.16, 9.8), ("C", 0.11, 27.0)):
        for name, value in (("A", scale), ("a", a)):
            rows.append(dict(axis=axis, corpus="zinc", form="power", parameter=name, estimate=value, lower=value * 0.8,
                             upper=value * 1.2, status="ok"))  # fmt: skip
        rows.append(dict(axis=axis, corpus="zinc", form="power_floor", parameter="E", status="not_identified"))
    return pd.DataFrame(rows)


def gain_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(2)
    verdicts = ["improving", "saturated", "degraded", "undecided", "no_signal", "too_few"]
    arrivals = ["arrives", "nothing arrives", "undecided"]
    gain_rows, slope_rows = [], []
    for mode in ("frozen", "full"):
        for i, task in enumerate(TASKS):
            for axis in "NDU" if mode == "frozen" else "N":
                g, w = 0.03 * rng.normal(), 0.01 + 0.4 * (i == 3)
                gain_rows.append(dict(axis=axis, mode=mode, split="scaffold", features="mean", task=task, metric="auc",
                                      gain=g, lower=g - w, upper=g + w, verdict=verdicts[i % 6],
                                      review_verdict=verdicts[i % 3], agrees=int(i < 3)))  # fmt: skip
            s = 0.3 * rng.normal() + 0.2
            slope_rows.append(dict(mode=mode, split="scaffold", features="mean", corpus="zinc", task=task, slope=s,
                                   lower=s - 0.2, upper=s + 0.2, verdict=arrivals[i % 3]))  # fmt: skip
    return pd.DataFrame(gain_rows), pd.DataFrame(slope_rows)


def tasks_table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        dict(task=task, kind="regression" if task in REGRESSION else "classification",
             metric="rmse" if task in REGRESSION else "auc", units=REGRESSION.get(task, "inhibits"),
             molecules=int(10 ** rng.uniform(2.6, 4)), graph_diameter=rng.normal(11, 3), heavy_atoms=rng.normal(20, 4),
             label_variance=rng.lognormal(), scaffold_diversity=rng.uniform(), rogi_xd=rng.uniform(0, 0.3),
             acyclic_share=rng.uniform(0, 0.3), salt_share=0.0, nearest_tanimoto_mean=rng.uniform(0.3, 0.8),
             unseen_token_share=rng.uniform(0, 0.02), overlap_share=rng.uniform(0, 0.01),
             control=int(task.startswith("control")))
        for task in TASKS
    )  # fmt: skip


def correlations_table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    names = ["loss", "parameters", "tokens", "flops", "trace", "trace_per_parameter", "scale_aware_trace",
             "eigenvalue_1", "sharpness_1", "logme", "knn", "linear_probe", "domain_loss", "domain_loss_excess",
             "domain_loss_bracket", "rogi_xd"]  # fmt: skip
    return pd.DataFrame(
        dict(mode=mode, split="scaffold", features="mean", task=task, predictor=name, n_cells=60, n_trunks=15,
             spearman=np.clip(rng.normal(-0.3, 0.5), -1, 1), p=rng.uniform(0, 0.2))
        for mode in ("frozen", "full") for task in [*TASKS, "(all)"] for name in names
        if not (mode == "full" and name == "linear_probe")
    )  # fmt: skip


def costs_table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    stages = {"pretrain_checkpoint": (60, 12), "score_frozen": (180, 1.5), "finetune_model": (90, 6),
              "measure_curvature": (20, 9), "score_baseline": (32, 4), "standardize_corpus": (6, 25),
              "prepare_task": (16, 0.8), "plot_loss": (1, 2.2)}  # fmt: skip
    return pd.DataFrame(
        dict(stage=stage, job=f"{stage}-{i}", wall_seconds=mean * rng.uniform(0.7, 1.3), cpu_seconds=mean * 0.9)
        for stage, (count, mean) in stages.items() for i in range(count)
    )  # fmt: skip


def ablation_table() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    parts = [("nothing", "nothing"), *(("task", task) for task in TASKS), ("family", "adme"), ("mode", "full")]
    names = ["supported", "contradicted", "undecided"]
    return pd.DataFrame(
        dict(statistic=statistic, mode="(all)", split="(all)", left_out=kind, name=name, n_tasks=len(TASKS),
             effect=np.nan if kind == "mode" else (x := 0.01 * rng.normal()), lower=x - 0.01, upper=x + 0.01,
             verdict=names[i % 3], changed=i % 2)
        for statistic in ("N", "D", "U", "C", "elasticity", "task_dependence") for i, (kind, name) in enumerate(parts)
    )  # fmt: skip


def thresholds_table() -> pd.DataFrame:
    verdicts = ["improving", "saturated", "degraded", "undecided", "no_signal"]
    values = {"N": SIZES, "D": BUDGETS, "U": SUBSETS}
    return pd.DataFrame(
        dict(axis=axis, mode="frozen", split="scaffold", task=task, verdict=verdicts[i % 5], start=list(known)[1],
             at=list(known.values())[1], onset_lower=list(known)[0], onset_upper="beyond" if i % 2 else list(known)[1])
        for axis, known in values.items() for i, task in enumerate(TASKS)
    )  # fmt: skip


def decision_table() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    verdicts = ["recommended", "costs nothing", "undecided", "not recommended"]
    return pd.DataFrame(
        dict(mode=mode, split="scaffold", predictor=name, needs="nothing", n_tasks=12, verdict=verdicts[i % 4],
             stage=["", "frozen", "full"][i % 3], spearman=(r := rng.uniform(-0.8, 0.8)), spearman_lower=r - 0.1,
             spearman_upper=r + 0.1, regret=0.02 * i, regret_lower=0.02 * i - 0.03 if i else np.nan,
             regret_upper=0.02 * i + 0.03)
        for mode in ("frozen", "full") for i, name in enumerate(["loss", "logme", "random", "trace", "knn"])
    )  # fmt: skip


def reconciliation_table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    kinds = [("window", paper, "full") for paper in ("MolEncoder (doi)", "whole range of this study")]
    kinds += [("layers", "CLIMB", name) for name in ("last layer", "middle layer", "last minus middle")]
    kinds += [("isoloss", "Liu et al.", "parameters at equal loss")]
    return pd.DataFrame(
        dict(question=question, paper=paper, mode="frozen", split="scaffold", task=task, contrast=contrast,
             estimate=(x := 0.3 * rng.uniform(-1, 1)), lower=x - 0.1, upper=x + 0.1, verdict="undecided",
             expected=0.1 if paper.startswith("Mol") else np.nan, expected_lower=-0.2, expected_upper=0.4)
        for question, paper, contrast in kinds for task in [*TASKS, "(all)"]
    )  # fmt: skip


CLAIMS = {
    "study": "synthetic",
    "claims": [
        dict(id="a", claim="Loss falls with <scale> & data", source="abstract", test="slope", n=12, effect=0.0612,
             lower=0.05, upper=0.07, p=0.0004, verdict="supported", reason="interval above 0", tables=["fits.csv"]),
        dict(id="b", claim="Gains are limited", source="abstract", test="median", n=16, effect=None, lower=None,
             upper=None, p=None, verdict="undecided", reason="too few tasks", tables=[]),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """Tables of a made-up study with the default study's shape."""
    root = tmp_path_factory.mktemp("study")
    tables = root / "tables"
    tables.mkdir()
    runs = runs_table()
    saturation, elasticity = gain_tables()
    for name, frame in {
        "runs": runs, "transfer": transfer_table(runs), "fits": fits_table(), "saturation": saturation,
        "elasticity": elasticity, "tasks": tasks_table(), "correlations": correlations_table(), "costs": costs_table(),
        "ablation": ablation_table(), "thresholds": thresholds_table(),
        "decision": decision_table(), "reconciliation": reconciliation_table(),
    }.items():  # fmt: skip
        frame.to_csv(tables / f"{name}.csv", index=False)
    write_alignment(tables, runs)
    write_paths(tables)
    controls_table().to_csv(tables / "controls.csv", index=False)
    (tables / "claims.json").write_text(json.dumps(CLAIMS))
    write_curves(tables)
    write_spectra(tables)
    write_landscape(root)
    return root


def write_alignment(tables: Path, runs: pd.DataFrame) -> None:
    """Write the likeness of representations that drift from token counts with falling loss, in a direction by size."""
    names = runs[["corpus", "size", "subset", "seed", "budget", "status"]].astype(object)
    kind = np.where(names["corpus"] == "untrained", "untrained", "pretrained")
    counts = pd.DataFrame({"kind": ["token_counts"], "status": ["ok"]})
    points = pd.concat([counts, names.assign(kind=kind)], ignore_index=True)
    angle = points["size"].map({name: 0.3 * i for i, name in enumerate(SIZES)}).fillna(0)
    drift = (3 - np.r_[3, runs["loss"].clip(upper=3).to_numpy()]) / 3
    points["axis1"], points["axis2"] = drift * np.cos(angle), drift * np.sin(angle)
    points["share1"], points["share2"] = 0.6, 0.15
    points.to_csv(tables / "cka_map.csv", index=False)
    ok = points[points["status"] == "ok"].reset_index(drop=True)
    i, j = np.triu_indices(len(ok), 1)
    keys = ["kind", "corpus", "size", "subset", "seed", "budget"]
    sides = [ok.loc[k, keys].add_suffix(f"_{side}").reset_index(drop=True) for side, k in (("a", i), ("b", j))]
    place = ok[["axis1", "axis2"]].to_numpy()
    value = 1 - np.linalg.norm(place[i] - place[j], axis=1)
    pd.concat(sides, axis=1).assign(cka=value, shuffled=0.02).to_csv(tables / "cka.csv", index=False)


def controls_table() -> pd.DataFrame:
    rows = []
    for kind, noise, share in (("logp", 0, 0.0), ("logp", 0.6, 0.7), ("amides", 0, 0.0), ("amides", 0.6, 0.9)):
        for i, axis in enumerate("NDUC"):
            gain = (0.06 - 0.015 * i) * (1 - share)
            row = dict(task=f"control_{kind}_{noise}", property=kind, molecules=1000, noise=noise, mode="frozen",
                       split="scaffold", axis=axis, noise_share=share, share_lower=share * 0.9,
                       share_upper=share * 1.05, gain=gain, lower=gain - 0.01, upper=gain + 0.01)  # fmt: skip
            truth = {f"truth_{name}": row[name] / (1 - share) for name in ("gain", "lower", "upper")}
            rows.append(row | truth)
    return pd.DataFrame(rows)


def write_paths(tables: Path) -> None:
    """Write losses between checkpoints and end points, and cosines of task vectors, of two mapped trunks."""
    kinds = [("budgets", "", "200k", "400k", 0.0), ("budgets", "", "400k", "800k", 0.02)]
    kinds += [("seeds", "", "seed 0", "seed 1", 2.0)]
    for task in ("bace", "esol"):
        kinds += [("fine-tuning", task, "pretrained", "fine-tuned", 0.0)]
        kinds += [("fine-tuning seeds", task, "fine-tuned", "another seed", 0.1)]
    rows, angles = [], []
    for size in ("60k", "1m"):
        names = dict(corpus="zinc", size=size, subset="32k", seed=0)
        for kind, task, a, b, height in kinds:
            for x in np.linspace(0, 1, 11):
                value = 1.5 - 0.4 * x + 4 * height * x * (1 - x)
                rows.append(names | {"kind": kind, "task": task, "from": a, "to": b, "a": x, "loss": value})
        ends = [("pretraining", ""), ("bace", "0"), ("bace", "1"), ("esol", "0"), ("esol", "1")]
        for i, (a, seed_a) in enumerate(ends):
            for b, seed_b in ends[:i]:
                angles.append(names | dict(a=a, seed_a=seed_a, b=b, seed_b=seed_b, cosine=0.7 if a == b else 0.1,
                                           relative_length_a=0.1, relative_length_b=0.2))  # fmt: skip
    pd.DataFrame(rows).to_csv(tables / "paths.csv", index=False)
    pd.DataFrame(angles).to_csv(tables / "task_vectors.csv", index=False)


def write_curves(tables: Path) -> None:
    """Write the loss along random directions around four checkpoints, one of them so flat that it has no width."""
    rows, widths = [], []
    for size, budget, sharp in (("60k", "400k", 2.0), ("60k", "800k", 3.0), ("1m", "800k", 5.0), ("3m", "800k", 0.01)):
        names = dict(corpus="zinc", size=size, subset="32k", seed=0, budget=budget)
        for a in np.linspace(-1, 1, 11):
            rise = sharp * a**2
            rows.append(names | dict(a=a, loss=1.4 + rise, lower=1.4 + 0.8 * rise, upper=1.4 + 1.3 * rise))
        found = 2 * np.sqrt(0.1 / sharp)
        widths.append(names | dict(status="ok", loss=1.4, landscape_width=found if found < 2 else np.nan))
    pd.DataFrame(rows).to_csv(tables / "curves.csv", index=False)
    pd.DataFrame(widths).to_csv(tables / "widths.csv", index=False)


def write_spectra(tables: Path) -> None:
    """Write the quadratures of two checkpoints: a bulk at zero, few large eigenvalues, some negative ones."""
    rows = []
    for size, scale in (("60k", 3.0), ("1m", 40.0)):
        for start in range(2):
            names = dict(corpus="zinc", size=size, subset="32k", seed=0, budget="800k", start=start)
            for value, weight in ((-0.1, 0.01), (0.0, 0.9), (0.05, 0.08), (0.5, 0.009), (1.0, 0.001)):
                rows.append(names | dict(eigenvalue=scale * value, weight=weight))
    pd.DataFrame(rows).to_csv(tables / "spectrum_nodes.csv", index=False)


def write_landscape(root: Path) -> None:
    a, b = np.meshgrid(np.linspace(-1, 1, 15), np.linspace(-1, 1, 15))
    for size, curve in (("60k", 1.5), ("1m", 3.0)):
        path = root / "surface" / "zinc" / size / "32k" / "seed0" / "1600k.csv"
        path.parent.mkdir(parents=True)
        value = 1.2 * np.exp(curve * (a**2 + 0.4 * b**2 + 0.3 * a * b))
        pd.DataFrame({"a": a.ravel(), "b": b.ravel(), "loss": value.ravel()}).to_csv(path, index=False)
    path = root / "maps" / "zinc" / "1m" / "32k" / "seed0.csv"
    path.parent.mkdir(parents=True)
    rng = np.random.default_rng(6)
    kinds = [("initial", "0", "")] + [("checkpoint", b, "") for b in BUDGETS]
    kinds += [("finetuned", "1600k", task) for task in ("bace", "bbbp", "esol") for _ in range(2)]
    t = np.arange(len(kinds))
    pd.DataFrame(
        dict(point=t, kind=[k for k, _, _ in kinds], budget=[b for _, b, _ in kinds], task=[k for _, _, k in kinds],
             pc1=np.minimum(t, 5) + 0.4 * rng.normal(size=len(t)), pc2=-0.2 * (t - 4.0) ** 2 + rng.normal(size=len(t)),
             walk1=np.where(t < 5, np.cos(t * 0.7), np.nan), walk2=np.where(t < 5, np.cos(t * 1.4), np.nan))
    ).to_csv(path, index=False)  # fmt: skip
    shares = {"explained_variance": [0.61, 0.2], "null_explained_variance": [0.58, 0.17]}
    path.with_suffix(".json").write_text(json.dumps(shares))


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


def test_loss_panels_show_points_fits_and_failures(study):
    runs = read_table(study / "tables" / "runs.csv", loss.TEXT, loss.NUMBERS)
    fits = read_table(study / "tables" / "fits.csv", loss.FIT_TEXT, loss.FIT_NUMBERS)
    figure = loss.draw_loss(runs, fits)
    assert len(figure.axes) == 3  # pubchem has one trunk only, so no row
    drawn = sum(len(points.get_offsets()) for points in figure.axes[0].collections)
    assert drawn == ((runs["corpus"] == "zinc") & (runs["status"] == "ok")).sum()
    words = figure.axes[0].get_title(loc="left")
    assert "exponent 0.110 [0.088, 0.132]" in words and "not identified" in words
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert [len(line.get_xdata()) for line in crosses] == [1]


def test_curves_are_told_apart_by_what_differs_and_carry_their_widths(study):
    points = read_table(study / "tables" / "curves.csv", NAMES, curves.POINT_NUMBERS)
    widths = read_table(study / "tables" / "widths.csv", (*NAMES, "status"), curves.WIDTH_NUMBERS)
    left, right = curves.draw_curves(points, widths).axes
    texts = [[text.get_text() for text in axis.get_legend().get_texts()] for axis in (left, right)]
    assert texts[0] == ["60k: width 0.37", "1m: width 0.28", "3m: width beyond reach"]
    assert texts[1] == ["400k tokens: width 0.45", "800k tokens: width 0.37"]
    assert max(left.lines[1].get_ydata()) == pytest.approx(5) and min(left.lines[1].get_ydata()) == 0


def test_spectra_are_densities_and_tails_in_units_of_the_largest(study):
    nodes = read_table(study / "tables" / "spectrum_nodes.csv", spectrum.NODE_TEXT, spectrum.NODE_NUMBERS)
    left, right = spectrum.draw_spectrum(nodes).axes
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
    figure = transfer.draw_transfer(rows, transfer.read_runs(tables / "runs.csv"), tasks, "scaffold")
    assert [axis.get_title() for axis in figure.axes] == TASKS
    assert figure.axes[0].get_ylabel() == "RMSE (log mol/L)"
    assert figure.axes[TASKS.index("bace")].get_ylabel() == "1 − AUC"
    assert len(figure.axes[0].lines) == 3  # forest, token counts, untrained


def test_other_corpora_are_placed_by_their_loss_on_the_common_validation_set(study):
    runs = transfer.read_runs(study / "tables" / "runs.csv").set_index(["corpus", "size", "subset", "seed", "budget"])
    table = runs_table().set_index(["corpus", "size", "subset"])
    assert runs["common"].loc[("pubchem", "1m", "32k", "0", "200k")] == pytest.approx(
        table.loc[("pubchem", "1m", "32k"), "loss_zinc"].iloc[0]
    )


def test_mean_over_labels_replaces_single_labels():
    rows = pd.DataFrame({"task": ["a", "a", "b"], "label": ["x", "mean", "y"]})
    assert transfer.one_label(rows).index.tolist() == [1, 2]


def test_every_baseline_that_occurs_has_a_line_of_its_own():
    names = ["ecfp_forest", "dmpnn", "attentive_fp", "graph_conv", "mpnn", "chemberta", "unimol", ""]
    lines = transfer.lines_of(pd.DataFrame({"baseline": names, "corpus": ""}))
    assert set(lines) == set(names) - {""} and len(set(lines.values())) == len(lines)


def test_gains_are_percent_in_order_of_elasticity(study):
    tables = study / "tables"
    saturation = read_table(tables / "saturation.csv", gains.TEXT, gains.NUMBERS)
    slopes = read_table(tables / "elasticity.csv", gains.ELASTICITY_TEXT, gains.ELASTICITY_NUMBERS)
    figure = gains.draw_gains(saturation, slopes, "scaffold")
    order = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    frozen = slopes[slopes["mode"] == "frozen"].sort_values("slope", ascending=False)
    assert order == frozen["task"].tolist()
    row = saturation[(saturation["task"] == order[0]) & (saturation["axis"] == "N") & (saturation["mode"] == "frozen")]
    circles = {
        float(line.get_ydata()[0]): float(line.get_xdata()[0])
        for line in figure.axes[0].lines
        if line.get_marker() == "o"
    }
    assert circles[gains.OFFSET["frozen"]] == pytest.approx(100 * row["gain"].iloc[0])


def test_rank_correlation_is_shown_from_twelve_tasks_on():
    for count, shown in ((11, "n = 11"), (12, "ρ = −1.00, n = 12")):
        order = np.arange(count, dtype=float)
        joined = pd.DataFrame({"kind": "regression", "control": 0.0, "heavy_atoms": order, "gain": -(order**3),
                               "lower": -order - 1, "upper": order})  # fmt: skip
        axis = Figure().subplots()
        descriptors.draw_descriptor(axis, joined, "heavy_atoms", logarithmic=False)
        assert axis.get_title(loc="right") == shown


def test_limits_hold_every_estimate_despite_a_far_interval():
    rows = pd.DataFrame({"gain": [1.0, 2.0, -1.0] * 10, "lower": [-2.0] * 29 + [-500.0], "upper": [3.0] * 29 + [500.0]})
    low, high = gains.limits(rows)
    assert -10 < low < -1 and 2 < high < 10


def test_names_stay_text_and_missing_columns_stay_missing(tmp_path):
    (tmp_path / "t.csv").write_text("task,seed,gain\nNA,1e6,0.5\nnone,,oops\n")
    table = read_table(tmp_path / "t.csv", ("task", "seed", "axis"), ("gain", "p"))
    assert table["task"].tolist() == ["NA", "none"] and table["seed"].tolist() == ["1e6", ""]
    assert table["axis"].tolist() == ["", ""] and table["p"].isna().all()
    assert table["gain"].tolist()[0] == 0.5 and np.isnan(table["gain"].tolist()[1])


def test_short_numbers():
    assert [short_number(v) for v in (0.35, 62_336, 1e6, 1.05e9, 999_900)] == ["0.35", "62.3k", "1M", "1.05G", "1M"]


class Cells(HTMLParser):
    """Collects the text of the table cells of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def test_claims_page_escapes_and_keeps_every_claim(study, tmp_path):
    render_claims.main(["--claims", str(study / "tables" / "claims.json"), "--out", str(tmp_path / "claims.html")])
    page = Cells()
    page.feed((tmp_path / "claims.html").read_text())
    assert "Loss falls with <scale> & data" in page.text and "scale" not in page.tags
    assert "0.0612 [0.05, 0.07]" in page.text and page.tags.count("tr") == 3
    assert "1 supported, 0 contradicted, 1 undecided" in "".join(page.text)
    assert "<script>" not in claims_page(
        {"study": "<script>", "claims": [{"claim": "<script>", "tables": ["<script>"]}]}
    )
    assert "No claim was tested" in claims_page({"claims": []})


def test_summary_names_the_best_loss_the_claims_and_the_figures(study, tmp_path):
    lines = "\n".join(summarize_study.summarize_study(study))
    best = runs_table().query("corpus == 'zinc' and size == '60k'")["loss"].min()
    assert f"zinc 60k: {best:.3f}" in lines and "undecided: Gains are limited" in lines
    assert str(study / "figures") in lines and "untrained" not in lines
    assert summarize_study.summarize_study(tmp_path)[-1].startswith("  figures")


def test_map_of_representations_joins_trunks_and_matrix_holds_last_budgets(study):
    points = read_table(study / "tables" / "cka_map.csv", representations.POINT_TEXT, representations.POINT_NUMBERS)
    pairs = read_table(study / "tables" / "cka.csv", representations.PAIR_TEXT, representations.PAIR_NUMBERS)
    names = representations.last_budgets(points)
    assert list(names.values())[0] == "token counts" and "60k untrained" in names.values()
    assert len(names) == 1 + len(SIZES) + 15 and "1m pubchem 32k s0" in names.values()
    figure = representations.draw_representations(pairs, points)
    values = figure.axes[1].images[0].get_array()
    assert values.shape == (20, 20) and np.allclose(values, values.T) and np.allclose(np.diag(values), 1)
    stars = [line for line in figure.axes[0].lines if line.get_marker() == "*"]
    assert len(stars) == len(SIZES)
