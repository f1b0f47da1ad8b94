"""A corpus of shuffled tokens with absurd losses and scores changes no table but its own."""

import shutil

import numpy as np
import pandas as pd
import pytest
from clm.pages.pretraining_control import control_section
from clm.study import grid
from clm.tables.frames import read_table
from made_up import BUDGETS, SIZES, SLOPES, SUBSETS
from synthetic_analysis import ENDS, NAMES, run_all, run_control
from synthetic_study import Study

CONTROL = "zinc_shuffled"
BLOCK = {"corpora": ["zinc"], "sizes": list(SIZES), "subsets": list(SUBSETS), "seeds": [0]}
TWINS = BLOCK | {"sizes": ["1m"], "subsets": ["32k"], "seeds": [0, 1]}
CONFIG = {
    "corpora": {"zinc": {}, CONTROL: {"shuffle_tokens_of": "zinc"}},
    "grid": {"budgets": {name: BUDGETS[name] for name in ENDS}, "untrained_initializations": 3},
}
CONFIG["grid"]["trunks"] = [BLOCK, TWINS, TWINS | {"corpora": [CONTROL]}]


class Plain(Study):
    """A study without the control."""


class Absurd(Study):
    """Shuffled tokens are learnt perfectly and solve every task."""

    def loss(self, trunk, budget):
        return 1e-9 if trunk.corpus == CONTROL else super().loss(trunk, budget)

    def error(self, trunk, budget, task):
        return 1e-6 if trunk.corpus == CONTROL else super().error(trunk, budget, task)


def made(kind, root, analyse=run_all):
    trunks = grid.trunks(CONFIG) + grid.untrained(CONFIG)
    study = kind(root, SLOPES, trunks, shuffled=grid.shuffled_trunks(CONFIG) if kind is not Plain else ()).write()
    (root / "tables").mkdir(exist_ok=True)
    analyse(root, study, root / "tables")
    return root / "tables"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The tables of a study without the control, with it, and with an absurd one."""
    found = {name: made(kind, tmp_path_factory.mktemp(name)) for name, kind in (("without", Plain), ("absurd", Absurd))}
    sane = tmp_path_factory.mktemp("sane")
    shutil.copytree(found["without"], sane / "tables")
    return found | {"sane": made(Study, sane, run_control)}


def test_no_list_holds_trunks_on_shuffled_tokens_but_those_of_the_control():
    assert {trunk.corpus for trunk in grid.shuffled_trunks(CONFIG)} == {CONTROL}
    assert {trunk.corpus for trunk in grid.pretrained(CONFIG)} == {"zinc", CONTROL}
    for cells in (grid.trunks, grid.checkpoints, grid.final_checkpoints, grid.corpora, grid.subsets):
        assert CONTROL not in str(cells(CONFIG))


def test_an_absurd_control_changes_its_own_tables_and_no_other(tables):
    own = {"pretraining_control", "costs"}
    for name in [*(f"{name}.csv" for name in NAMES if name not in own), "claims.json", "draws.parquet"]:
        before = (tables["without"] / name).read_bytes()
        assert (tables["absurd"] / name).read_bytes() == before, name
    runs = read_table(tables["absurd"] / "shuffled_runs.csv")
    assert set(runs["corpus"]) == {CONTROL} and runs["loss"].eq(1e-9).all() and len(runs) == 4
    assert CONTROL not in (tables["absurd"] / "runs.csv").read_text() + (tables["absurd"] / "transfer.csv").read_text()


def test_what_the_control_cost_is_told(tables):
    added = len(read_table(tables["absurd"] / "costs.csv")) - len(read_table(tables["without"] / "costs.csv"))
    assert added == 2 * 2 + 2 * len(SLOPES) + 2 * 3  # checkpoints, probes of trunks, fine-tuned


def test_half_of_the_gain_is_found(tables):
    table = read_table(tables["sane"] / "pretraining_control.csv")
    assert set(table["kind"]) == {"untrained", "shuffled", "pretrained", "order"} and table["seeds"].eq(2).all()
    rows = table[(table["task"] == "rising") & (table["budget"] == ENDS[-1]) & (table["mode"] == "linear_probe")]
    for _, group in rows.groupby("split"):
        gain = -np.log1p(-group.set_index("kind")["gain"])
        assert gain["shuffled"] / gain["pretrained"] == pytest.approx(0.5, abs=0.1)
        assert gain["shuffled"] + gain["order"] == pytest.approx(gain["pretrained"])
        inside = group[(group["lower"] <= group["gain"]) & (group["gain"] <= group["upper"])]
        assert len(inside) == 4 and gain["untrained"] == 0


def test_a_study_without_the_control_says_what_it_needs(tables):
    table = read_table(tables["without"] / "pretraining_control.csv")
    assert table.empty
    assert control_section(table)[1][0].startswith("not testable here: needs trunks on a corpus with shuffle_tokens_of")


def test_few_tasks_are_told_and_not_judged(tables):
    table = read_table(tables["sane"] / "pretraining_control.csv")
    over_tasks = table[(table["task"] == "(all)") & (table["kind"] != "untrained")]
    assert set(over_tasks["verdict"]) == {"not testable here"} and over_tasks["share"].isna().all()
    assert set(over_tasks["reason"]) == {"needs: 6 tasks, has 4"}  # fine-tuned ones have no untrained twins
    assert all("Verdict: not testable here, needs: 6 tasks" in line for line in control_section(table)[1])


def test_draws_of_both_tables_are_joined(tables):
    draws = pd.read_parquet(tables["sane"] / "shuffled_draws.parquet")
    assert set(draws["corpus"]) == {CONTROL} and len(draws.columns) == 11
