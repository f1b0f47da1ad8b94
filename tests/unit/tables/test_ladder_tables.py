"""A ladder with planted effects: what was planted is found, and what is unknown is left out along its axis only."""

import numpy as np
import pandas as pd
import pytest
from clm.statistics.net_gain import untrained_twins
from clm.tables.columns import KEYS
from clm.tables.ladders import PREDICTORS, known, ladder_runs, names_of
from tabulate_ladders import Ladder, judged

SETTINGS = {"controls": {}, "aggregate": [], "gain_margin": 0.01, "elasticity_margin": 0.1, "min_trunks": 3}
SETTINGS |= {"bootstrap": 50, "seed": 0, "correlation_margin": 0.3}
SIZES = [1e6, 2e6, 4e6, 8e6, 16e6, 32e6]
SLOPE = 0.1  # of log error per doubling of parameters that pretraining adds
WIDTH = 0.2  # that an untrained encoder gains, and a trained one with it


def planted(losses=True, unknown=False) -> Ladder:
    """A ladder of 6 sizes with two seeds each; the log loss falls by half of what the net log error falls by."""
    models = {
        f"m{i}_{seed}": {"parameters": size, "tokens": None if unknown else 1e9, "seed": seed}
        | ({"loss": float(np.exp(-0.5 * SLOPE * i))} if losses else {})
        | {"untrained": [f"u{i}_{twin}" for twin in range(3)]}
        for i, size in enumerate(SIZES)
        for seed in (0, 1)
    }
    ladder = {"corpus": "zinc", "models": models}
    rng, rows = np.random.default_rng(0), []
    for name, key in names_of("family", ladder).items():
        i = int(name[1])
        trained = name.startswith("m")
        for split_seed in range(4):
            log_error = -WIDTH * i - SLOPE * i * trained + 1e-3 * rng.normal()
            told = {"split": "random", "split_seed": split_seed, "finetune_seed": None, "features": "mean"}
            told |= {"label": "y", "metric": "rmse", "error": np.exp(log_error), "status": "ok"}
            rows.append(key | told | {"mode": "linear_probe", "task": "t", "n_train": 80, "n_test": 10})
    scores, runs = pd.DataFrame(rows), ladder_runs("family", ladder, {})
    draws = pd.DataFrame(columns=["mode", "corpus", "size", "subset", "seed", "budget", "task", "split", "features"])
    return Ladder("family", runs, scores, draws, untrained_twins(scores), predictors(runs, ladder, rng))


def predictors(runs, ladder, rng) -> pd.DataFrame:
    """The loss, which ranks the models as their scores do, and a number of the task that knows nothing."""
    own = runs.melt(id_vars=list(KEYS), value_vars=["loss"], var_name="name").dropna(subset="value")
    keys = [names_of("family", ladder)[name] for name in ladder["models"]]
    rows = [key | {"task": "t", "split": "random", "name": "noise", "value": rng.normal()} for key in keys]
    return pd.concat([own, pd.DataFrame(rows)]).reindex(columns=list(PREDICTORS))


def rows_of(ladder: Ladder) -> dict:
    """The rows of a ladder by quantity and axis."""
    rows = [row for row in judged(ladder, SETTINGS) if "predictor" not in row]
    return {(row["quantity"], row.get("axis")): row for row in rows}


def test_the_planted_predictor_ranks_the_models_and_noise_does_not():
    found = {(row["quantity"], row["predictor"]): row for row in judged(planted(), SETTINGS) if "predictor" in row}
    loss, noise = found["correlation", "loss"], found["correlation", "noise"]
    assert loss["estimate"] < -0.98 and loss["upper"] < -0.9 and loss["verdict"] == "predicts"
    assert noise["lower"] < 0 < noise["upper"] and noise["verdict"] != "predicts"
    # the lowest loss is that of the largest models, whose error is lowest
    best = np.exp(-WIDTH * 5 - SLOPE * 5)
    mean = np.exp(-(WIDTH + SLOPE) * 2.5)
    assert found["regret", "loss"]["estimate"] == pytest.approx(np.log(best / mean), abs=2e-3)
    assert found["regret", "random"]["estimate"] == pytest.approx(0, abs=1e-12)
    assert found["regret", "largest_model"]["estimate"] == found["regret", "loss"]["estimate"]


def test_the_planted_net_gain_is_found_and_not_that_of_the_width():
    found = rows_of(planted())
    row = found["gain", "N"]
    assert row["estimate"] == pytest.approx(1 - np.exp(-SLOPE), abs=1e-3)
    assert row["raw"] == pytest.approx(1 - np.exp(-SLOPE - WIDTH), abs=1e-3)
    assert row["lower"] < 1 - np.exp(-SLOPE) < row["upper"] and row["n_trunks"] == 12
    assert found["elasticity", None]["estimate"] == pytest.approx(2, abs=0.02)
    assert found["gain", "C"]["estimate"] == pytest.approx(row["estimate"])  # 6 N D at one D
    assert "needs" in found["gain", "D"]["reason"]  # tokens do not differ


def test_what_is_unknown_is_left_out_along_its_axis():
    found = rows_of(planted(losses=False, unknown=True))
    assert found["gain", "N"]["estimate"] == pytest.approx(1 - np.exp(-SLOPE), abs=1e-3)
    assert set(found) == {("gain", "N")}


def test_a_loss_that_nobody_knows_hides_no_gain():
    runs = planted(losses=False).runs
    assert known(runs, "loss").empty and (known(runs, "parameters")["loss"] == 1).all()
    assert runs["flops"].tolist() == [6 * n * 1e9 for n in SIZES for _ in (0, 1)]
