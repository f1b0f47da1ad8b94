"""What docs/RELIABILITY.md and SECURITY.md say of tests: those named exist, counts are those of the records."""

import re

import pytest
import test_hostile
import test_hostile_configuration
import test_hostile_tables
from clm.provenance.files import read_json
from test_configuration import ROOT

PAGE = (ROOT / "docs" / "RELIABILITY.md").read_text()
RECORDS = read_json(ROOT / "reference" / "reliability.json")
EDITS = {
    "parameters": "one parameter each",
    "structure": "a seed, size, subset",
    "modules_and_scripts": "every module of the library",
    "harmless": "comments, docstrings",
}


@pytest.mark.parametrize("page", ["docs/RELIABILITY.md", "SECURITY.md"])
def test_every_test_that_is_named_is_there(page):
    named = re.findall(r"`((?:[\w.]+/)*\w+\.py)`", (ROOT / page).read_text())
    assert len(named) > 8
    for name in named:
        assert (ROOT / name).is_file() if "/" in name else list((ROOT / "tests").rglob(name)), name


def test_counts_of_the_last_soak_are_those_of_the_page():
    counts = RECORDS["kills"]
    assert f"each of {len(counts['by_rule'])} rules five times, {counts['of_single_jobs']} kills" in PAGE
    assert sum(counts["by_rule"].values()) == counts["of_single_jobs"] >= 100 and min(counts["by_rule"].values()) >= 5
    assert f"the study: {counts['files_compared']} files" in PAGE and counts["of_jobs_under_snakemake"] == 10
    resumed, saved = counts["resumed_at_step"], counts["after_saved_state"]
    assert resumed.keys() == saved.keys() and all(step > 0 for step in resumed.values())
    assert {f"{after} of {counts['by_rule'][rule]}" for rule, after in saved.items()} <= set(
        re.findall(r"\d of \d", PAGE)
    )


def test_distance_between_one_thread_and_two_is_that_of_the_record():
    rows = read_json(ROOT / "reference" / "bench" / "repeatability.json")["rows"]
    (row,) = (row for row in rows if row["what"] == "two threads and one thread")
    differ, count = (f"{row[name]:,}".replace(",", " ") for name in ("weights_that_differ", "weights"))
    told = (
        f"{differ} of {count} weights differ, by {row['relative_norm']:.1e} of their norm, and the validation loss by "
    )
    told = told.replace("e-0", "e-") + f"{row['loss_difference']:.1e} nats".replace("e-0", "e-")
    assert told in " ".join(PAGE.split())


@pytest.mark.parametrize(("kind", "row"), EDITS.items())
def test_counts_of_edits_are_those_of_the_page(kind, row):
    (tried,) = re.findall(rf"^\| {row}.*?\| (\d+) \|", PAGE, flags=re.M)
    assert int(tried) == RECORDS["edits"][kind]


def test_counts_of_inputs_are_those_of_the_tests():
    def tried(row):
        return re.search(rf"^\| {row}.*?\| (\d[\d ]*)", PAGE, flags=re.M)[1].replace(" ", "")

    assert int(tried("mutated SMILES")) == test_hostile.SMILES_LINES >= 10_000
    assert int(tried("damaged gzips")) == test_hostile.CUTS
    assert int(tried("names that would be")) == len(test_hostile_configuration.NAMES)
    assert int(tried("configurations with")) == test_hostile_configuration.CONFIGURATIONS
    assert int(tried("tables of tasks")) == test_hostile_tables.EXAMPLES
    told = RECORDS["inputs"]
    assert f"{told['tables_of_tasks']} tables of tasks and {told['configurations']}\nconfigurations" in PAGE
    assert told["smiles"] == test_hostile.SMILES_LINES and told["damaged_zip"] * 2 == test_hostile.CUTS


@pytest.mark.parametrize(("part", "promised"), [("covers", (0.93, 0.97)), ("in_80_percent", (0.77, 0.83))])
def test_shares_of_the_last_soak_are_those_of_the_page_and_what_is_promised(part, promised):
    shares = RECORDS["shares"]
    found = [share for name, values in shares.items() if part in name for share in values]
    assert shares["replicates"] == 2000 and len(found) >= 6
    assert promised[0] <= min(found) and max(found) <= promised[1]
    assert f"| {100 * min(found):.1f} to {100 * max(found):.1f} % |" in PAGE
    assert f"{100 * promised[0]:.0f} to {100 * promised[1]:.0f} %" in PAGE
