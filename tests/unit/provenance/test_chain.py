"""Provenance: records of a small chain of jobs are exported, followed to their sources and pruned to a row."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from clm.provenance.chain import Chain, concerns, export_records, settings_of
from clm.provenance.command import UserError
from clm.provenance.files import write_json
from explain import explain

TRUNK = "results/s/pretrain/zinc/3k/t300/seed0"
# What made each output, and from what
STEPS = {
    "results/sources/zinc/content": ("fetch_source", []),
    "results/s/corpora/zinc/tokens.bin": ("tokenize", ["results/sources/zinc/content"]),
    f"{TRUNK}/t10k/metrics.json": ("pretrain", ["results/s/corpora/zinc/tokens.bin"]),
    f"{TRUNK}/t20k/metrics.json": ("pretrain", ["results/s/corpora/zinc/tokens.bin"]),
    "results/s/tables/runs.csv": ("tabulate", [f"{TRUNK}/t10k/metrics.json", f"{TRUNK}/t20k/metrics.json"]),
    "results/s/tasks/own/molecules.csv": ("prepare", ["data/own.csv"]),
}


def record(rule, inputs, command, checksums=None):
    """Return a record with the fields of Snakemake's."""
    times = {"starttime": 10.0, "endtime": 12.5, "incomplete": False, "input_checksums": checksums}
    return SimpleNamespace(rule=rule, input=inputs, shellcmd=command, **times)


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for output in STEPS:
        (tmp_path / output).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / output).write_text("x")
    return tmp_path / "results" / "s"


def records(*outputs):
    """Return the records of some outputs, of all without any."""
    command = 'python x.py --code abc --settings \'{"a": "b c"}\' --out '
    return {
        name: record(rule, inputs, command + name, {"data/own.csv": "sha256:12ab"})
        for name, (rule, inputs) in STEPS.items()
        if name in (outputs or STEPS)
    }


def export(results, told):
    return export_records(told, results.relative_to(results.parents[1]), {"study": "s", "sources": {}})


def chain(results):
    deleted = {"results/s/deleted.csv": record("tabulate", [], "python y.py")}
    assert export(results, records() | deleted | {"results/s/unknown.csv": None}) == len(STEPS)
    return Chain(results)


def test_records_are_added_to_those_of_earlier_runs(results):
    """A run for one target, or one after Snakemake's own records were lost, forgets nothing that still exists."""
    before = chain(results).outputs
    assert export(results, {}) == export(results, records("results/s/tables/runs.csv")) == len(STEPS)
    assert Chain(results).outputs == before
    (results / "tables" / "runs.csv").unlink()
    assert export(results, {}) == len(STEPS) - 1
    assert "results/s/tables/runs.csv" not in Chain(results).outputs
    assert {job["rule"] for job in Chain(results).jobs.values()} == {"fetch_source", "tokenize", "pretrain", "prepare"}


@pytest.mark.parametrize("damaged", ['{"config": {', "", "[]", '{"config": {}, "jobs": []}'])
def test_damaged_records_are_told_and_written_anew_by_the_next_run(results, damaged):
    before = chain(results).outputs
    (results / "provenance.json").write_text(damaged)
    with pytest.raises(UserError, match="damaged; run `snakemake --forcerun write_findings`"):
        explain(results / "tables" / "runs.csv", None)
    export(results, records())
    assert Chain(results).outputs == before


def test_a_damaged_record_of_a_source_is_told(results):
    chain(results)
    damaged = results.parent / "sources" / "zinc" / "record.json"
    damaged.write_text("{")
    with pytest.raises(UserError, match="zinc/record.json: damaged"):
        explain(results / "tables" / "runs.csv", None)


def test_a_file_of_the_user_is_followed_to_its_hash(results):
    chain(results)
    assert "  data/own.csv  sha256 12ab" in explain(results / "tasks" / "own" / "molecules.csv", None)


def test_a_reader_that_has_seen_enough_ends_quietly(results):
    chain(results)
    script = Path(__file__).resolve().parents[3] / "scripts" / "explain.py"
    call = f"'{sys.executable}' '{script}' results/s/tables/runs.csv | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", call], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("results/s/tables/runs.csv\n0\n", "")


def test_a_result_is_followed_to_its_sources(results):
    behind = chain(results).behind("results/s/tables/runs.csv")
    assert [job["rule"] for job in behind.values()] == ["fetch_source", "tokenize", "pretrain", "pretrain"]
    assert settings_of(next(iter(behind.values()))) == ("abc", {"a": "b c"})


def test_a_row_is_followed_to_its_own_cell(results):
    row = {"corpus": "zinc", "size": "3k", "subset": "t300", "seed": "0", "budget": "t20k"}
    rules = [job["command"] for job in chain(results).behind("results/s/tables/runs.csv", row).values()]
    assert len(rules) == 3 and rules[-1].endswith("t20k/metrics.json")


@pytest.mark.parametrize("folder", ["linear_probe/zinc/3k/t300/seed0", "fine_tuned/zinc/3k/t300/seed0/t10k"])
def test_an_output_is_followed_to_the_files_of_its_own_task(results, folder):
    """A job that scores all tasks reads the files of each; tables read the scores of all."""
    probed = {task: f"results/s/transfer/{folder}/{task}.json" for task in ("own", "other")}
    other = "results/s/tasks/other/molecules.csv"
    told = {other: record("prepare_other", [], "python other.py")}
    told |= {
        path: record("probe", [f"{TRUNK}/t10k/metrics.json", "results/s/tasks/own/molecules.csv", other], "python p.py")
        for path in probed.values()
    }
    told["results/s/tables/transfer.csv"] = record("tabulate", list(probed.values()), "python t.py")
    for path in told:
        (results.parents[1] / path).parent.mkdir(parents=True, exist_ok=True)
        (results.parents[1] / path).write_text("x")
    export(results, records() | told)
    found = Chain(results)
    rules = {task: [job["rule"] for job in found.behind(path).values()] for task, path in probed.items()}
    assert rules == {
        "own": ["fetch_source", "tokenize", "pretrain", "prepare"],
        "other": ["fetch_source", "tokenize", "pretrain", "prepare_other"],
    }
    both = [job["rule"] for job in found.behind("results/s/tables/transfer.csv").values()]
    assert set(both) == {*rules["own"], *rules["other"], "probe"} and both.count("probe") == 1


def test_results_that_were_moved_are_explained_from_anywhere(results, tmp_path_factory, monkeypatch):
    """By an absolute path, and from inside the study; a single job behind a row names what it made."""
    chain(results)
    write_json(results.parent / "sources" / "zinc" / "record.json", {"sha256": "12ab", "pypi": "molsets==0.3.1"})
    (results / "tables" / "runs.csv").write_text("corpus,size,subset,seed,budget\nzinc,3k,t300,0,t20k\n")
    moved = shutil.move(results.parent, tmp_path_factory.mktemp("ärchive of mine") / "results") / "s"
    table = moved / "tables" / "runs.csv"
    told = explain(table, 1)
    (trained,) = (line for line in told if line.startswith("  pretrain "))
    assert trained.split()[1:] == ["1", "x", "code", "abc", f"{TRUNK}/t20k/metrics.json"]
    assert "  zinc         sha256 12ab  molsets==0.3.1" in told
    monkeypatch.chdir(moved)
    assert explain(table.relative_to(moved), 1) == told


def test_inputs_concern_a_row_by_their_names():
    row = {"corpus": "zinc", "size": "3k", "subset": "t300", "seed": "0", "budget": "t20k", "task": "bace"}
    assert concerns("results/s/transfer/linear_probe/zinc/3k/t300/seed0/bace.json", row)
    assert not concerns("results/s/transfer/linear_probe/zinc/3k/t300/seed1/bace.json", row)
    as_float = row | {"seed": "0.0"}  # as in transfer.csv
    assert concerns("results/s/transfer/linear_probe/zinc/3k/t300/seed0/bace.json", as_float)
    assert not concerns("results/s/transfer/linear_probe/zinc/3k/t300/seed10/bace.json", as_float)
    assert not concerns("results/s/transfer/linear_probe/zinc/3k/t300/seed0/esol.json", row)
    assert not concerns("results/s/transfer/fine_tuned/zinc/3k/t300/seed0/t10k/bace.cost.json", row)
    assert concerns("results/s/tasks/bace/molecules.csv", row)
    assert not concerns("results/s/tasks/esol/molecules.csv", row)
    assert concerns("results/s/tables/fits.csv", row)


def test_what_is_unknown_is_one_message(results):
    with pytest.raises(UserError, match="no records"):
        Chain(results)
    with pytest.raises(UserError, match="not a result of this study"):
        chain(results).job("results/s/elsewhere.csv")
