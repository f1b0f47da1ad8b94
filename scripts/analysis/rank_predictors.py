"""Rank predictors of transfer: correlations within tasks, and the regret of choosing by each predictor."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.provenance.command import run
from clm.statistics.choice_draws import DIFFERENCE
from clm.statistics.choices import regret_rows
from clm.statistics.predictors import Predictors
from clm.statistics.ranking import Ranking, Settings, correlate
from clm.statistics.sensitivity import read_sensitivity
from clm.statistics.within import COLUMNS
from clm.tables.columns import LAYER_FEATURES, PRIMARY
from clm.tables.frames import read_table, write_table
from clm.tables.panels import Panel, panels, study_runs

FAMILY = ("mode", "split", "features")
CORRELATION = (*FAMILY, "task", "predictor", "pearson", "spearman", "lower", "upper", "p", "partial_loss")
CORRELATION += ("partial_lower", "partial_upper", "partial_p", "n_cells", "n_trunks", "ceiling", "verdict")
CORRELATION += ("partial_loss_flops", "both_lower", "both_upper", "both_p", "both_verdict", "p_bh", "meaning", *COLUMNS)
REGRET = ("mode", "split", "predictor", "task", "regret", "lower", "upper", "hindsight", "hindsight_lower")
REGRET += ("hindsight_upper", "against_random", "against_random_lower", "against_random_upper", "n_cells", "repeats")
REGRET += DIFFERENCE


def rank_predictors(
    runs: Path,
    transfer: Path,
    draws: Path,
    predictors: Path,
    sensitivity: Path,
    settings: dict[str, Any],
    out: Path,
    regret: Path,
) -> None:
    """Write correlations.csv and regret.csv.

    Args:
        runs: runs.csv.
        transfer: transfer.csv.
        draws: draws.parquet.
        predictors: predictors.csv.
        sensitivity: sensitivity.csv.
        settings: `corpus`, `bootstrap` (draws and permutations), `seed`, `min_trunks`, `correlation_margin`,
            `aggregate` (tasks that count in pooled rows).
        out: one row per mode, split, read-out, task and predictor.
        regret: one row per mode, split, predictor and task; primary read-out.
    """
    chosen = Settings(
        settings["bootstrap"],
        settings["seed"],
        settings["min_trunks"],
        settings["correlation_margin"],
        tuple(settings["aggregate"]),
    )
    known, seen = Predictors(read_table(predictors)), read_sensitivity(read_table(sensitivity))
    checkpoints = study_runs(read_table(runs), [settings["corpus"]])
    families: dict[tuple[str, ...], list[Panel]] = {}
    for panel in panels(read_table(transfer), checkpoints, pd.read_parquet(draws)):
        if not panel.names["features"].startswith(LAYER_FEATURES):
            families.setdefault(tuple(panel.names[name] for name in FAMILY), []).append(panel)
    rows, regrets = [], []
    for family, members in families.items():
        associations, links = correlate(members, known, Ranking(chosen), seen.get(family[:2], False))
        names = dict(zip(FAMILY, family, strict=True))
        rows += [names | row for row in associations]
        if names["features"] == PRIMARY:
            regrets += [names | row for row in regret_rows(members, known, links, chosen)]
    write_table(out, rows, CORRELATION)
    write_table(regret, regrets, REGRET)


if __name__ == "__main__":
    run(rank_predictors)
