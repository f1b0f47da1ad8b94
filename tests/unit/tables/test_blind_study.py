"""A made-up study whose controls are flat, through all scripts: what it may not say."""

from clm.provenance.files import read_json
from clm.tables.frames import read_table
from made_up import SLOPES
from synthetic_analysis import NAMES, run_all, small_trunks
from synthetic_study import Study

LITTLE = {"saturated", "no relevant gain", "less than a tenth arrives", "correlates by less than the margin"}
LITTLE |= {"no relevant difference", "no difference"}


def test_a_study_whose_controls_are_flat_says_nowhere_that_scale_does_little(tmp_path):
    """Through all scripts: every verdict of the kind "little" reads "not sensitive"."""
    flat = {task: dict.fromkeys("NDU", 0.0) for task in SLOPES}
    made = Study(tmp_path, flat, small_trunks(), noise=0.001, trunk_sd=0.001, splits=(0, 1, 2)).write()
    run_all(tmp_path, made, tmp_path / "tables")
    found = {name: read_table(tmp_path / "tables" / f"{name}.csv") for name in NAMES if name != "contrasts"}
    assert not found["sensitivity"]["sensitive"].any()
    told = {(name, column): set(table[column].dropna()) & LITTLE
            for name, table in found.items() for column in table if column.endswith("verdict")
            and not column.startswith("review_")}  # fmt: skip
    assert len(told) > 8 and {place: words for place, words in told.items() if words} == {}
    assert "not sensitive" in set(found["saturation"]["verdict"]) & set(found["thresholds"]["verdict"])
    claims = read_json(tmp_path / "tables" / "claims.json")["claims"]
    small = ("limited_improvement", "loss_predicts_not", "hessian_predicts_not", "landscape_predicts_not")
    assert not [c["id"] for c in claims if c["id"].startswith(small) and c["verdict"] == "supported"]
    assert not [c["id"] for c in claims if c["id"].startswith("task_dependence") and c["verdict"] == "contradicted"]
