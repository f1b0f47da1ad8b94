"""Tests of the sentences on what the statistics leave out."""

import pandas as pd
from clm.pages.left_out import left_out_section
from clm.tables.columns import PRIMARY


def test_a_diverged_checkpoint_is_named_as_a_reader_knows_it():
    runs = pd.DataFrame(
        [
            {"corpus": "zinc", "size": "800k", "subset": "t900", "seed": 1, "budget": "t20k", "status": "diverged"},
            {"corpus": "zinc", "size": "60k", "subset": "64k", "seed": 0, "budget": "1300k", "status": "ok"},
        ]
    )
    scored = {"features": PRIMARY, "task": "esol", "split": "scaffold", "label": "all"}
    transfer = pd.DataFrame([scored | {"error": None, "status": "diverged"}, scored | {"error": 0.5, "status": "ok"}])
    title, lines = left_out_section(transfer, runs)
    assert title == "What is left out of the statistics"
    assert lines == [
        "Checkpoints that diverged, in no fit and no verdict: 1 "
        "(800k after 20k tokens of zinc (900 molecules), seed 1).",
        "Scores without a number, in no statistic: 1 of 2.",
        "pretraining diverged: 1 (esol, scaffold split 1).",
    ]
