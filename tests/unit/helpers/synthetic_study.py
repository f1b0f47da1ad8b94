"""Result files of a made-up study with planted slopes: what the jobs of a real study would have written."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from clm.provenance.files import write_json
from clm.study import paths
from clm.study.grid import Baseline, Checkpoint, Probe, Trunk
from made_up import BUDGETS, SIZES, SUBSETS

TOKENS_PER_MOLECULE = 40
LOSS = {"N": 0.10, "D": 0.08, "U": 0.03}  # exponents of the planted loss
MOLECULES = 60


def default_trunks():
    """Trunks as in a default study: a grid, two more seeds of one corner, another corpus, untrained encoders."""
    budgets = tuple(BUDGETS)
    found = [Trunk("zinc", size, subset, 0, budgets) for size, subset in product(SIZES, SUBSETS)]
    found += [Trunk("zinc", "1m", "32k", seed, budgets) for seed in (1, 2)]
    found.append(Trunk("pubchem", "1m", "32k", 0, budgets))
    return found + [Trunk("untrained", size, "none", seed, ("0",)) for seed in range(3) for size in SIZES]


def grid_cells(seeds=1):
    """Checkpoints of a default grid: 4 sizes, 3 subsets, 4 budgets."""
    rows = [
        {"size": size, "subset": subset, "seed": seed, "budget": budget, "parameters": n, "molecules": u, "tokens": d}
        for size, n in SIZES.items()
        for subset, u in SUBSETS.items()
        for seed in range(seeds)
        for budget, d in BUDGETS.items()
    ]
    cells = pd.DataFrame(rows).assign(corpus="zinc", loss=1.0)
    cells["flops"] = 6 * cells["parameters"] * cells["tokens"]
    cells["trunk"] = cells.groupby(["size", "subset", "seed"], sort=False).ngroup()
    return cells


class Study:
    """A made-up study below a folder.

    Args of `write`:
        shuffled: trunks on shuffled tokens, which reach half of the gain.
        slopes: {task: {"N": gain of ln error per doubling of parameters, "D": ..., "U": ...}}, negative = falls.
    """

    def __init__(
        self,
        root,
        slopes,
        trunks=None,
        seed=0,
        noise=0.01,
        trunk_sd=0.005,
        splits=(0, 1, 2),
        diverged=None,
        shuffled=(),
    ):
        self.root, self.slopes, self.trunks = Path(root), slopes, trunks or default_trunks()
        self.random = np.random.default_rng(seed)
        self.noise, self.trunk_sd, self.splits, self.diverged = noise, trunk_sd, splits, diverged
        self.more = np.random.default_rng(seed + 1)  # of further untrained encoders
        self.shuffled, self.control = list(shuffled), np.random.default_rng(seed + 2)
        self.trunk_effect = {trunk: self.drawn(trunk).normal() for trunk in [*self.trunks, *self.shuffled]}

    def drawn(self, trunk):
        if trunk.corpus.endswith("shuffled"):
            return self.control
        return self.more if trunk.corpus == "untrained" and trunk.seed > 0 else self.random

    @property
    def config(self):
        last = [[*key_of(trunk), trunk.budgets[-1]] for trunk in self.trunks if trunk.corpus != "untrained"]
        control = [[*key_of(trunk), trunk.budgets[-1]] for trunk in self.shuffled]
        return {
            "shuffled_trunks": [[*key_of(trunk), list(trunk.budgets)] for trunk in self.shuffled],
            "shuffled_fine_tuned": [{"tasks": list(self.slopes)[:3], "checkpoints": control}] if control else [],
            "trunks": [[*key_of(trunk), list(trunk.budgets)] for trunk in self.trunks],
            "tasks": list(self.slopes),
            "fine_tuned": [{"tasks": list(self.slopes)[:3], "checkpoints": [key for key in last if key[2] == "32k"]}],
            "baselines": ["ecfp_forest", "token_counts"],
            "curvature": last,
            "kinds": {task: "regression" for task in self.slopes},
            "bootstrap": 200,
        }

    def write(self):
        everything = [*self.trunks, *self.shuffled]
        for trunk, budget in ((t, b) for t in everything for b in t.budgets):
            self.write_run(trunk, budget)
        for task in self.slopes:
            self.write_task(task)
            for trunk in everything:
                path = paths.linear_probe(self.root, Probe(trunk, task))
                self.write_scores(path, "linear_probe", trunk, trunk.budgets, task)
            for name in self.config["baselines"]:
                path = paths.baseline(self.root, Baseline(name, task))
                cells = [cell("scaffold", 0, None, "counts", 1.0) | {"budget": None}]
                identity = dict.fromkeys(("corpus", "size", "subset", "seed"))
                write_json(path, identity | {"mode": "baseline", "baseline": name, "cells": cells, "predictors": []})
                write_json(path.with_suffix(".cost.json"), cost())
        for block in self.config["fine_tuned"] + self.config["shuffled_fine_tuned"]:
            for *key, budget in block["checkpoints"]:
                for task in block["tasks"]:
                    path = paths.fine_tuned(self.root, Checkpoint(Trunk(*key), budget), task)
                    self.write_scores(path, "fine_tuned", Trunk(*key, (budget,)), (budget,), task, finetune=(0, 1))
        for *key, budget in self.config["curvature"]:
            self.write_curvature(Checkpoint(Trunk(*key), budget))
        return self

    def loss(self, trunk, budget):
        if trunk.corpus == "untrained":
            return 3.0
        x = doublings(trunk, budget)
        planted = sum(-LOSS[name] * np.log(2) * value for name, value in x.items())
        known = next(t for t in [*self.trunks, *self.shuffled] if key_of(t) == key_of(trunk))
        return float(np.exp(planted + self.trunk_sd * self.trunk_effect[known]))

    def write_run(self, trunk, budget):
        tokens, size = BUDGETS.get(budget, 0), SIZES[trunk.size]
        molecules = SUBSETS.get(trunk.subset, 0)
        broken = (*key_of(trunk), budget) == self.diverged
        loss = None if broken else self.loss(trunk, budget)
        told = {"loss": loss, "masked_tokens": 1000, "by_class": {"carbon": {"loss": loss, "masked_tokens": 10}}}
        metrics = dict(zip(("corpus", "size", "subset", "seed"), key_of(trunk), strict=True))
        metrics |= {"budget": budget, "status": "diverged" if broken else "ok"}
        metrics |= {
            "parameters": {"non_embedding": size, "total": size * 1.1},
            "tokens": tokens,
            "molecules": molecules,
        }
        metrics |= {"subset_tokens": molecules * TOKENS_PER_MOLECULE, "flops": 6 * size * tokens * 1.05}
        metrics |= {"epochs": tokens / (molecules * TOKENS_PER_MOLECULE) if molecules else 0}
        metrics |= dict.fromkeys(("visits_least", "visits_mean", "visits_most"), metrics["epochs"])
        metrics |= {"flops_6nd": 6 * size * tokens, "learning_rate": 1e-3, "optimizer": "adamw", "steps": 10}
        folder = paths.checkpoint(self.root, Checkpoint(trunk, budget))
        write_json(
            folder / "metrics.json", metrics | {"validation": {"zinc": told, "pubchem": told, trunk.corpus: told}}
        )
        write_json(folder / "cost.json", cost() | {"tokens": tokens})

    def write_task(self, task):
        folder = self.root / "tasks" / task
        folder.mkdir(parents=True, exist_ok=True)
        rows = [f"{row},C,C,ring{row // 3},{row},0.5" for row in range(MOLECULES)]
        (folder / "molecules.csv").write_text("\n".join(["row,smiles,source_smiles,scaffold,identity,y", *rows]) + "\n")
        label = {"variance": 1.0, "class_balance": None, "label_noise": None, "rogi_xd": 0.2}
        write_json(folder / "descriptors.json", {"molecules": 600, "unique": 590, "labels": {"y": label}})
        write_json(folder / "distance" / "zinc-32k.json", {"nearest_tanimoto_mean": 0.4, "overlap_fraction": 0.01})

    def error(self, trunk, budget, task):
        x = doublings(trunk, budget) if trunk.corpus != "untrained" else dict.fromkeys("NDU", 0.0)
        planted = sum(self.slopes[task][name] * value for name, value in x.items())
        known = next((t for t in [*self.trunks, *self.shuffled] if key_of(t) == key_of(trunk)), None)
        if trunk in self.shuffled or trunk.corpus.endswith("shuffled"):
            planted /= 2  # letter counts give half of what pretraining gives
        return float(0.6 * np.exp(planted + 0.01 * self.trunk_effect.get(known, 0.0)))

    def write_scores(self, path, mode, trunk, budgets, task, finetune=(None,)):
        common = np.random.default_rng(abs(hash_of(task))).normal(size=MOLECULES)
        y = common[::-1]
        cells, frames, predictors = [], [], []
        splits = [("scaffold", 0), *(("random", seed) for seed in self.splits)]
        for budget, (split, split_seed), finetune_seed in product(budgets, splits, finetune):
            planted = self.error(trunk, budget, task) * np.exp(self.noise * self.drawn(trunk).normal())
            residual = common + 0.3 * self.drawn(trunk).normal(size=MOLECULES)
            residual *= planted / np.sqrt(np.mean(residual**2))
            keys = {"budget": budget, "split": split, "split_seed": split_seed, "finetune_seed": finetune_seed}
            keys |= {"features": "mean", "label": "y"}
            cells.append(cell(split, split_seed, finetune_seed, "mean", planted) | {"budget": budget})
            frames.append(pd.DataFrame({"row": range(MOLECULES), "y": y, "prediction": y + residual}).assign(**keys))
            told = {"budget": budget, "split": split, "split_seed": split_seed, "label": "y"}
            predictors.append(told | {"name": "logme", "value": -planted + 0.01 * self.drawn(trunk).normal()})
        identity = dict(zip(("corpus", "size", "subset", "seed"), key_of(trunk), strict=True))
        write_json(path, identity | {"mode": mode, "task": task, "cells": cells, "predictors": predictors})
        pd.concat(frames).to_parquet(path.with_suffix(".parquet"), index=False)
        write_json(path.with_suffix(".cost.json"), cost())

    def write_curvature(self, cell_):
        path = paths.curvature(self.root, cell_)
        trace = float(100 + 10 * self.random.normal())
        told = {"status": "ok", "loss": 1.0, "parameters": 10, "gradient_norm": 0.1, "eigenvalues": [5.0, 4, 3, 2, 1]}
        told |= {"trace": {"mean": trace, "standard_error": 1.0, "probes": 30}, "trace_per_parameter": trace / 10}
        write_json(
            path, told | {"most_negative": -1.0, "sharpness": [{"rho": 0.01, "mean": 0.1, "standard_error": 0.01}]}
        )
        write_json(path.with_name("cost.json"), cost())


def key_of(trunk):
    return (trunk.corpus, trunk.size, trunk.subset, trunk.seed)


def doublings(trunk, budget):
    """Doublings above the smallest cell of the grid."""
    found = {"N": SIZES[trunk.size] / SIZES["60k"], "D": BUDGETS[budget] / BUDGETS["200k"]}
    return {name: float(np.log2(value)) for name, value in (found | {"U": SUBSETS[trunk.subset] / 2000}).items()}


def hash_of(text):
    """A hash that does not differ between processes."""
    return sum(ord(letter) * 31**i for i, letter in enumerate(text)) % 2**32


def cell(split, split_seed, finetune_seed, features, error):
    told = {
        "split": split,
        "split_seed": split_seed,
        "finetune_seed": finetune_seed,
        "features": features,
        "label": "y",
    }
    told |= {"metric": "rmse", "error": error, "score": -error, "mae": error, "r2": 0.5, "pr_auc": None}
    told |= {"trivial_error": 1.0, "lower": error * 0.9, "upper": error * 1.1, "n_train": 480, "n_valid": 60}
    return told | {"n_test": MOLECULES, "status": "ok" if error < 1.0 else "no_signal", "selected": {}}


def cost():
    told = {"wall_seconds": 1.5, "cpu_seconds": 1.4, "peak_memory_mb": 100.0, "device": "cpu", "threads": 1}
    return told | {"versions": {"python": "3.11", "numpy": "2"}}
