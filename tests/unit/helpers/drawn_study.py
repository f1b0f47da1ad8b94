"""A made-up study on disk: what figures and pages are drawn from."""

import json
from pathlib import Path

import drawn_tables as made
import numpy as np
import pandas as pd
from made_up import BUDGETS, SIZES


def write_drawn_study(root: Path) -> Path:
    """Write the tables, surfaces and maps that figures are drawn from; return `root`."""
    tables = root / "tables"
    tables.mkdir()
    runs = made.runs_table()
    saturation, elasticity = made.gain_tables()
    for name, frame in {
        "runs": runs, "transfer": made.transfer_table(runs), "fits": made.fits_table(), "saturation": saturation,
        "elasticity": elasticity, "tasks": made.tasks_table(),
        "correlations": made.correlations_table(), "costs": made.costs_table(),
        "ablation": made.ablation_table(), "thresholds": made.thresholds_table(),
        "decision": made.decision_table(), "reconciliation": made.reconciliation_table(),
    }.items():  # fmt: skip
        frame.to_csv(tables / f"{name}.csv", index=False)
    write_alignment(tables, runs)
    write_paths(tables)
    made.controls_table().to_csv(tables / "controls.csv", index=False)
    made.pretraining_control_table().to_csv(tables / "pretraining_control.csv", index=False)
    (tables / "claims.json").write_text(json.dumps(made.CLAIMS))
    write_curves(tables)
    write_spectra(tables)
    write_headline(tables)
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


def write_headline(tables: Path) -> None:
    """Write a headline in which more tokens help fine-tuned models, with curves of three tasks and a control."""
    rows = []
    for mode, verdict in (("fine_tuned", "improving"), ("linear_probe", "saturated")):
        row = dict(mode=mode, split="(all)", n_tasks=6, n_trunks=9, gain=0.03, lower=0.01, upper=0.05, verdict=verdict)
        rows += [row | dict(axis=axis, loss_fall=0.2, loss_lower=0.1, loss_upper=0.3, reason="") for axis in "DN"]
    pd.DataFrame(rows).to_csv(tables / "headline.csv", index=False)
    tasks = [("task", "bace", 0.1), ("task", "esol", 0.2), ("task", "bbbp", 0.0), ("control", "control_logp", 0.3)]
    curves = [("", "loss", "", 1.0)] + [(mode, *task) for mode in ("fine_tuned", "linear_probe") for task in tasks]
    curves += [(mode, "median", "", 0.1) for mode in ("fine_tuned", "linear_probe")]
    points = [
        dict(axis=axis, mode=mode, series=series, task=task, name=name, x=x, value=(x / 1e5) ** (-0.3 * fall),
             lower=0.9 * (x / 1e5) ** (-0.3 * fall), upper=1.1 * (x / 1e5) ** (-0.3 * fall))
        for axis in "DN" for mode, series, task, fall in curves for name, x in (("100k", 1e5), ("400k", 4e5))
    ]  # fmt: skip
    pd.DataFrame(points).to_csv(tables / "headline_curves.csv", index=False)
    kinds = (("untrained", 1.1), ("fine_tuned", 0.9))
    ratios = [
        dict(task=task, split="scaffold", model="60k", kind=kind, parameters=6e4, ratio=value)
        for task in ("bace", "esol", "control_logp") for kind, value in kinds
    ]  # fmt: skip
    pd.DataFrame(ratios).to_csv(tables / "relative_errors.csv", index=False)


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
