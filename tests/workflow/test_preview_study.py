"""The page about what would run, on the finished tiny study: what the graph says, with the settings that changed."""

import re
import subprocess
import sys

import pytest
from editing import TINY
from planning import plan
from snakemake_runs import environment

pytestmark = pytest.mark.slow


def page(folder):
    call = [sys.executable, "scripts/preview_run.py", TINY]
    return subprocess.run(call, cwd=folder, env=environment(), capture_output=True, text=True, check=True).stdout


def test_a_changed_rate_is_told_with_both_values_and_all_jobs_are_counted(study):
    assert page(study) == "nothing to be done: results/tiny is as the configuration and the code say\n"
    text = (study / TINY).read_text()
    before = "7k: {layers: 1, width: 24, heads: 2, learning_rate: 0.01"
    (study / TINY).write_text(text.replace(before, before.replace("0.01", "0.02")))
    told = page(study)
    assert "  sizes.7k.learning_rate: 0.01 -> 0.02\n" in told
    assert re.search(r"^  pretrain_checkpoint, 3 x \(.*size=7k.*\): training.learning_rate: 0.01 -> 0.02$", told, re.M)
    stale = [rule for rule, _ in plan(study).stale]
    counts = dict(re.findall(r"(\w+) (\d+)(?:,|$)", told.split("jobs of each rule\n")[1], flags=re.M))
    assert {rule: int(number) for rule, number in counts.items()} == {rule: stale.count(rule) for rule in stale}
    assert len(told.splitlines()) <= 40
