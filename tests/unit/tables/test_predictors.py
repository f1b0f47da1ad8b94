"""Predictors of transfer are declared once: a column of a table that is declared reaches predictors.csv."""

import pandas as pd
import pytest
from clm.tables.columns import KEYS
from clm.tables.predictors import FAMILIES, family_of, predictor_columns, within_size
from tabulate_predictors import tabulate_predictors

CELL = {"corpus": "zinc", "size": "60k", "subset": "2k", "seed": 0, "budget": "100k"}


@pytest.mark.parametrize(
    ("name", "table", "needs", "stage", "own_size"),
    [
        ("loss", "runs", "held-out", None, False),
        ("loss_bracket", "runs", "held-out", None, False),
        ("domain_loss_carbon", None, "no labels", "linear_probe", False),
        ("linear_probe", None, "training labels", "linear_probe", False),
        ("eigenvalue_5", "curvature", "second derivatives", "curvature", True),
        ("trace", "curvature", "second derivatives", "curvature", True),
        ("scale_aware_trace", "curvature", "second derivatives", "curvature", False),
        ("sharpness_2", "curvature", "around the weights", "curvature", False),
        ("landscape_width", "widths", "around the weights", "landscape", False),
        ("effective_rank_fraction", "spectra", "second derivatives", "landscape", True),
        ("largest_model", None, "nothing", None, False),
    ],
)
def test_family_of_a_predictor(name, table, needs, stage, own_size):
    family = family_of(name)
    assert (family.table, family.stage, within_size(name)) == (table, stage, own_size) and needs in family.needs


def test_errors_and_columns_of_other_tables_are_no_predictors():
    columns = ["sharpness_1", "sharpness_1_rho", "sharpness_1_error", "trace_error", "loss", "eigenvalue_2", "trace"]
    assert predictor_columns("curvature", columns) == ["trace", "eigenvalue_2", "sharpness_1"]
    assert predictor_columns("runs", ["loss_zinc", "tokens", "loss_carbon", "loss"]) == [
        "loss",
        "loss_carbon",
        "tokens",
    ]
    assert family_of("unheard_of") is None and not within_size("unheard_of")


def test_every_declared_column_reaches_the_table_of_predictors(tmp_path):
    expected = {}
    for table in ("runs", "curvature", "widths", "spectra"):
        patterns = [pattern for family in FAMILIES if family.table == table for pattern in family.names.split()]
        names = [pattern.replace(r"\d+", "1").replace(r"\d", "1").split("(")[0] for pattern in patterns]
        values = {name + "carbon" * name.endswith("_"): float(i) for i, name in enumerate(names, len(expected))}
        expected |= values
        pd.DataFrame([CELL | values]).to_csv(tmp_path / f"{table}.csv", index=False)
    columns = [*KEYS, "task", "split", "split_seed", "label", "name", "value"]
    pd.DataFrame(columns=columns).to_csv(tmp_path / "task_predictors.csv", index=False)
    read = {name: tmp_path / f"{name}.csv" for name in ("runs", "curvature", "widths", "spectra", "task_predictors")}
    tabulate_predictors(**read, out=tmp_path / "predictors.csv")
    found = pd.read_csv(tmp_path / "predictors.csv")
    assert dict(zip(found["name"], found["value"], strict=True)) == expected
