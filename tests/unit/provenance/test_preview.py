"""A dry run on a page: settings by key with both values, new cells together, jobs that follow counted only."""

import shlex

from clm.provenance.canonical import canonical
from clm.provenance.chain import Chain, export_records
from clm.provenance.preview import MOST, WIDTH, page, planned_jobs
from test_chain import record

PARAMS = (
    "Params have changed since last execution: Union of exclusive params before and now across all output: before: "
)
FOLLOWS = "Input files updated by another job: results/s/x"


def command(rate, code="abc"):
    settings = {"training": {"learning_rate": rate, "optimizer": {"name": "adamw"}}, "budget_tokens": 10}
    return f"python scripts/p.py --code {code} --settings {shlex.quote(canonical(settings))}"


def block(rule, output, reason, wildcards="", shell=""):
    lines = [f"rule {rule}:", "    input: a, b", f"    output: {output}, {output}.json", f"    reason: {reason}"]
    lines += [f"    wildcards: {wildcards}"] if wildcards else []
    return "\n".join([*lines, *([f"Shell command: {shell}"] if shell else []), "[Sat Nov 28 19:58:16 2026]\n"])


def recorded(tmp_path, monkeypatch, outputs):
    """Return the chain of a study in which some outputs were made by a command each."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results" / "s"
    folder.mkdir(parents=True)
    for output in outputs:
        (tmp_path / output).touch()
    told = {output: record("pretrain", ["in"], line) for output, line in outputs.items()}
    export_records(told, folder.relative_to(tmp_path), {"study": "s"})
    return Chain(folder)


def test_a_changed_setting_is_told_by_its_key_with_both_values_and_the_cells_that_share_it(tmp_path, monkeypatch):
    outputs = {f"results/s/{budget}": f"{command(0.01)} --out {budget}" for budget in ("t10k", "t20k")}
    chain = recorded(tmp_path, monkeypatch, outputs)
    blocks = [
        block("pretrain", output, PARAMS + "'x' now: 'y' ", f"size=7k, budget={output[-4:]}", command(0.02))
        for output in outputs
    ]
    follower = block("tabulate", "results/s/runs.csv", FOLLOWS, shell="python scripts/t.py")
    target = "localrule all:\n    input: results/s/runs.csv\n    reason: " + FOLLOWS
    lines = page(planned_jobs("Building DAG\n" + "".join([*blocks, follower, target])), chain)
    assert lines[0].startswith("jobs that would run: 3; 2 for these reasons")
    assert "  pretrain, 2 x (size=7k): training.learning_rate: 0.01 -> 0.02" in lines
    assert lines[-2:] == ["jobs of each rule", "  pretrain 2, tabulate 1"]


def test_code_and_files_are_told_and_new_cells_in_one_paragraph(tmp_path, monkeypatch):
    chain = recorded(tmp_path, monkeypatch, {"results/s/a": command(0.01), "results/s/b": command(0.01) + " b"})
    text = block("pretrain", "results/s/a", PARAMS, shell=command(0.01, "def"))
    text += block("prepare_task", "results/s/b", PARAMS, shell=command(0.01))
    text += block("compare", "results/s/c", "Updated input files: reference/x.csv; " + FOLLOWS)
    text += "".join(
        block("probe", f"results/s/{n}", f"Missing output files: x; {FOLLOWS}", f"task=own, seed={n}")
        for n in range(99)
    )
    lines = page(planned_jobs(text), chain)
    assert "  pretrain, 1 x: code" in lines and "  prepare_task, 1 x: content of its file" in lines
    assert "  compare, 1 x: changed: reference/x.csv" in lines
    assert lines[lines.index("not made yet") + 1] == "  probe 99 x (task=own)"


def test_a_page_is_short_whatever_changed():
    text = "".join(block(f"rule{n}", f"results/s/{n}", "Updated input files: " + "x" * 300) for n in range(70))
    lines = page(planned_jobs(text), None)
    assert f"  and {70 - MOST} more" in lines and len(lines) < 40 and max(map(len, lines)) <= WIDTH
