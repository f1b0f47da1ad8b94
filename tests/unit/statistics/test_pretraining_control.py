"""Untrained, shuffled and pretrained encoders: planted parts are found, and intervals cover them."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from clm.pages.pretraining_control import control_section, verdict
from clm.statistics.arms import contrast, matched_runs
from clm.statistics.net_gain import untrained_twins
from clm.statistics.pretraining_control import control_rows
from planted_studies import allowed, transfer_rows, untrained_cells

KEYS = {"size": "60k", "subset": "32k", "budget": "800k"}
SETTINGS = {"shuffled": {"mixed": "zinc"}, "contrast_margin": 0.05}
REPLICATES = 50


def cells_of(corpus, seeds):
    rows = [KEYS | {"corpus": corpus, "seed": seed} for seed in range(seeds)]
    return pd.DataFrame(rows).assign(status="ok", loss=1.0)


def study(random, counts, order, tasks=8, seeds=2, trunk=0.01, between=0.02):
    """Tables of a study in which letter counts and order lower log errors by so much."""
    own, mixed = cells_of("zinc", seeds), cells_of("mixed", seeds)
    twins, scores, control = untrained_cells(["60k"]), [], []
    effects = {name: trunk * random.normal(size=count) for name, count in (("o", seeds), ("m", seeds), ("u", 3))}
    for task in range(tasks):
        named = {"task": f"t{task}"}
        split = 0.02 * random.normal(size=(3, 1)) - 1
        gain = counts + between * random.normal()
        more = order + between * random.normal()
        noise = [0.005 * random.normal(size=(3, size)) for size in (seeds, seeds, 3)]
        scores.append(transfer_rows(own, np.exp(split - gain - more + effects["o"] + noise[0]), **named))
        control.append(transfer_rows(mixed, np.exp(split - gain + effects["m"] + noise[1]), **named))
        scores.append(transfer_rows(twins, np.exp(split + effects["u"] + noise[2]), **named))
    nothing = pd.DataFrame()
    return {
        "runs": own,
        "transfer": pd.concat(scores, ignore_index=True),
        "draws": nothing,
        "shuffled_runs": mixed,
        "shuffled_transfer": pd.concat(control, ignore_index=True),
        "shuffled_draws": nothing,
    }


def table_of(tables, tasks=8, sensitive=True):
    settings = SETTINGS | {"aggregate": [f"t{task}" for task in range(tasks)]}
    seen = dict.fromkeys(product(("linear_probe", "fine_tuned"), ("random", "scaffold")), sensitive)
    return pd.DataFrame(control_rows(tables, untrained_twins(tables["transfer"]), seen, settings))


def over_tasks(table):
    return table[table["task"] == "(all)"].set_index("kind")


def test_a_contrast_is_the_difference_of_means_with_the_pooled_variance():
    """By hand: arms (1, 3) and (4, 8), variances 2 and 8, pooled 5 with 2 degrees of freedom."""
    arms = np.array(["pretrained", "shuffled", "pretrained", "shuffled"])
    design = contrast(arms, {"pretrained": -1.0, "shuffled": 1.0})
    value, variance = design.slope(np.array([1.0, 4.0, 3.0, 8.0]))
    assert value == pytest.approx(6 - 2) and variance == pytest.approx(5 * (1 / 2 + 1 / 2)) and design.df == 2


def test_only_checkpoints_with_a_twin_are_compared():
    own, mixed = cells_of("zinc", 3), cells_of("mixed", 2)
    mixed.loc[1, "status"] = "diverged"
    assert matched_runs(own, mixed, "zinc", "mixed")["seed"].tolist() == [0, 0]


def test_planted_parts_are_found_and_judged():
    """Counts give 20 % and order another 20 %; then only counts; then only order."""
    for counts, order, words in (
        (0.2, 0.2, ("gain", "gain", "gain")),
        (0.3, 0.0, ("gain", "gain", "no relevant difference")),
        (0.0, 0.3, ("no relevant difference", "gain", "gain")),
    ):
        table = table_of(study(np.random.default_rng(3), counts, order, between=0.005, trunk=0.003))
        found = over_tasks(table)
        assert tuple(found.loc[["shuffled", "pretrained", "order"], "verdict"]) == words
        falls = -np.log1p(-found["gain"])
        assert falls["shuffled"] == pytest.approx(counts, abs=0.03)
        assert falls["order"] == pytest.approx(order, abs=0.03)
        share = found.loc["shuffled"]
        assert share["share_lower"] <= counts / (counts + order) <= share["share_upper"]
        assert share["share_upper"] - share["share_lower"] < 0.4 and len(control_section(table)[1]) == 1


def test_a_small_difference_says_little_where_no_gain_could_be_seen():
    made = study(np.random.default_rng(3), 0.3, 0.0, between=0.005, trunk=0.003)
    rows = over_tasks(table_of(made, sensitive=False))
    assert rows.loc["order", "verdict"] == "not sensitive" and "no relevant difference" in rows.loc["order", "reason"]
    assert rows.loc["pretrained", "verdict"] == "gain", "a gain is seen by any study"


def test_intervals_cover_what_was_planted():
    """95 % of the intervals over tasks, of both parts and of the share; a third of them would be off without trunks."""
    random, inside = np.random.default_rng(0), []
    for _ in range(REPLICATES):
        found = over_tasks(table_of(study(random, 0.2, 0.1)))
        low, high = -np.log1p(-found["lower"]), -np.log1p(-found["upper"])
        planted = {"shuffled": 0.2, "pretrained": 0.3, "order": 0.1}
        covered = [low[kind] <= value <= high[kind] for kind, value in planted.items()]
        row = found.loc["shuffled"]
        ends = row[["share_lower", "share_upper"]].fillna({"share_lower": -np.inf, "share_upper": np.inf})
        inside.append([*covered, ends.iloc[0] <= 2 / 3 <= ends.iloc[1]])
    assert (np.mean(inside, axis=0) >= 0.95 - allowed(0.05, REPLICATES)).all()


def test_one_seed_or_few_tasks_give_no_verdict():
    alone = over_tasks(table_of(study(np.random.default_rng(0), 0.2, 0.1, seeds=1)))
    told = alone.drop("untrained")
    assert set(told["verdict"]) == {"not testable here"} and told["lower"].isna().all() and told["gain"].gt(0).all()
    assert told["reason"].str.startswith("needs: 2 seeds").all()
    few = over_tasks(table_of(study(np.random.default_rng(0), 0.2, 0.1, tasks=4), tasks=4)).drop("untrained")
    assert set(few["reason"]) == {"needs: 6 tasks, has 4"} and few["lower"].notna().all()


def test_without_untrained_encoders_there_are_no_rows():
    tables = study(np.random.default_rng(0), 0.2, 0.1)
    tables["transfer"] = tables["transfer"][tables["transfer"]["corpus"] != "untrained"]
    assert table_of(tables).empty


def test_sentences_say_no_more_than_the_verdicts():
    def of(*words):
        return verdict(*({"verdict": word, "reason": "needs: more"} for word in words))

    assert "nothing to divide" in of("undecided", "gain", "gain")
    assert of("gain", "gain", "gain").endswith("letter counts give a part and order another")
    assert of("gain", "no relevant difference", "gain").endswith("what pretraining adds needs order")
    assert of("gain", "gain", "no relevant difference").endswith("is there without order")
    assert of("gain", "undecided", "gain").endswith("order adds; letter counts: undecided")
    assert of("gain", "gain", "undecided").endswith("letter counts: gain; order: undecided")
    assert of("not testable here", "not testable here", "not testable here").endswith("needs: more")
