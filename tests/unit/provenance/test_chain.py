"""Provenance: records of a small chain of jobs are exported, followed to their sources and pruned to a row."""

import base64
import json
import shutil

import pytest
from clm.provenance.chain import Chain, concerns, export_records, output_of, settings_of
from clm.provenance.command import UserError
from clm.provenance.files import write_json
from explain import explain

TRUNK = "results/s/pretrain/zinc/3k/t300/seed0"


def record(folder, output, rule, inputs, command):
    """Write a record as Snakemake does, and the output itself."""
    folder.mkdir(exist_ok=True)
    told = {"rule": rule, "input": inputs, "shellcmd": command, "starttime": 10.0, "endtime": 12.5, "incomplete": False}
    (folder / base64.urlsafe_b64encode(output.encode()).decode()).write_text(json.dumps(told))


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    steps = {
        "results/sources/zinc/content": ("fetch_source", []),
        "results/s/corpora/zinc/tokens.bin": ("tokenize", ["results/sources/zinc/content"]),
        f"{TRUNK}/t10k/metrics.json": ("pretrain", ["results/s/corpora/zinc/tokens.bin"]),
        f"{TRUNK}/t20k/metrics.json": ("pretrain", ["results/s/corpora/zinc/tokens.bin"]),
        "results/s/tables/runs.csv": ("tabulate", [f"{TRUNK}/t10k/metrics.json", f"{TRUNK}/t20k/metrics.json"]),
        "results/other/tables/runs.csv": ("tabulate", []),
    }
    for output, (rule, inputs) in steps.items():
        (tmp_path / output).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / output).write_text("x")
        command = f'python x.py --code abc --settings \'{{"a": "b c"}}\' --out {output}'
        record(tmp_path / "metadata", output, rule, inputs, command)
    record(tmp_path / "metadata", "results/s/deleted.csv", "tabulate", [], "python y.py")
    return tmp_path / "results" / "s"


def chain(results):
    found = export_records(results.parents[1] / "metadata", results.relative_to(results.parents[1]), {"study": "s"})
    assert found == 5  # neither the deleted file nor the other study
    return Chain(results)


def test_a_result_is_followed_to_its_sources(results):
    behind = chain(results).behind("results/s/tables/runs.csv")
    assert [job["rule"] for job in behind.values()] == ["fetch_source", "tokenize", "pretrain", "pretrain"]
    assert settings_of(next(iter(behind.values()))) == ("abc", {"a": "b c"})


def test_a_row_is_followed_to_its_own_cell(results):
    row = {"corpus": "zinc", "size": "3k", "subset": "t300", "seed": "0", "budget": "t20k"}
    rules = [job["command"] for job in chain(results).behind("results/s/tables/runs.csv", row).values()]
    assert len(rules) == 3 and rules[-1].endswith("t20k/metrics.json")


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
    assert not concerns("results/s/transfer/linear_probe/zinc/3k/t300/seed0/esol.json", row)
    assert not concerns("results/s/transfer/fine_tuned/zinc/3k/t300/seed0/t10k/bace.cost.json", row)
    assert concerns("results/s/tasks/bace/molecules.csv", row)
    assert not concerns("results/s/tasks/esol/molecules.csv", row)
    assert concerns("results/s/tables/fits.csv", row)


def test_long_names_are_put_together_again(tmp_path):
    name = base64.urlsafe_b64encode(b"results/s/" + b"x" * 400).decode()
    assert output_of(type(tmp_path)(f"@{name[:254]}", name[254:])) == "results/s/" + "x" * 400
    assert output_of(type(tmp_path)("no base64!")) is None


def test_what_is_unknown_is_one_message(results):
    with pytest.raises(UserError, match="no records"):
        Chain(results)
    with pytest.raises(UserError, match="not a result of this study"):
        chain(results).job("results/s/elsewhere.csv")
