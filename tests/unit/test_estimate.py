"""Hours before submission: tokens of a trunk by hand, measured rates before stated ones, an error without either."""

import csv

import pytest
from clm.provenance.command import UserError
from clm.study.grid import Trunk
from clm.study.merge import merged
from estimate_cost import estimate, parameters, trunk_tokens
from test_configuration import DEFAULT


def test_tokens_of_a_trunk_are_its_constant_part_and_its_decays():
    config = merged(DEFAULT, {"pretraining": {"decay_share": 0.2}})
    trunk = Trunk("zinc", "60k", "2k", 0, ("100k", "200k"))
    assert trunk_tokens(config, trunk) == 160_000 + 20_000 + 40_000


def test_overlays_are_merged_key_by_key():
    assert merged({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3}, "d": [2]}) == {"a": {"b": 3, "c": 2}, "d": [2]}


def test_a_stated_rate_gives_hours_in_proportion():
    slow, fast = (float(estimate(DEFAULT, rate, [])[-1].split()[1]) for rate in (1e9, 2e9))
    scoring = float(estimate(DEFAULT, 1e18, [])[-1].split()[1])
    assert (slow - scoring) / (fast - scoring) == pytest.approx(2, rel=0.01)


def test_what_was_measured_counts_before_what_is_stated(tmp_path):
    path = tmp_path / "costs.csv"
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, ["stage", "job", "wall_seconds", "tokens_per_second"])
        writer.writeheader()
        for size in ("60k", "150k", "300k", "800k"):
            job = f"zinc/{size}/32k/seed0"
            writer.writerow(
                {"stage": "pretraining", "job": f"{job}/800k", "wall_seconds": 9, "tokens_per_second": 1000}
            )
            for stage in ("frozen", "full", "curvature"):
                writer.writerow({"stage": stage, "job": f"{job}/bace", "wall_seconds": 36})
    lines = estimate(DEFAULT, None, [path])
    assert all("training measured, scoring measured" in line for line in lines[1:-1])
    row = lines[1].split()
    assert float(row[3]) == pytest.approx(int(row[2].replace(",", "")) / 1000 / 3600, abs=1e-3)
    with pytest.raises(UserError, match="no rate for size 60k"):
        estimate(DEFAULT, None, [])


def test_parameters_are_those_of_the_layers():
    assert parameters({"layers": 2, "width": 48}) == 2 * (12 * 48**2 + 13 * 48)
