"""What each edit makes stale, as exact sets of (rule, wildcards): no job too many, none too few.

The edits are those of parameters.py and edits.py, modules and scripts of ours; each gets a plan of the real
Snakefile in a copy of the finished tiny study.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from clm.provenance.digest import closure, code_digest
from clm.study.merge import read_configuration
from counts import told
from editing import TINY, Bench, Config, assert_none_wrong, named, put
from edits import HARMLESS, STRUCTURE
from parameters import PARAMETERS, UNTRIED
from planning import Plan, commands, edited, plan
from snakemake_runs import ROOT, copy_workflow, scheduled, snakemake

SCRIPTS = sorted(path for path in (ROOT / "scripts").glob("*/*.py") if path.parent.name != "clm")
DRIVER = "plot_figure"
FIGURES = {"answer": "errors"}  # rule of a figure to its module, where the names differ
ROOMS = sorted(path for path in (ROOT / "scripts" / "clm").iterdir() if (path / "__init__.py").exists())
MANY = re.compile(
    r"^(sizes|sources|corpora|tasks|subsets|grid\.budgets|splits|transfer\.graph_networks\.networks)\.[^.]+"
)  # sections with names of ours


@pytest.fixture(scope="module")
def bench(finished, tmp_path_factory):
    copies = range(os.cpu_count() or 2)
    return Bench([shutil.copytree(finished, tmp_path_factory.mktemp("bench") / "copy") for _ in copies])


@pytest.mark.slow
def test_a_plan_is_what_a_dry_run_schedules(bench):
    with bench.folder() as folder, edited(folder / TINY):
        config = yaml.safe_load((folder / TINY).read_text())
        put(config, "sizes.7k.learning_rate", 0.02)
        (folder / TINY).write_text(yaml.safe_dump(config))
        assert plan(folder).stale == scheduled(folder, "--configfile", TINY) != set()


@pytest.mark.slow
def test_each_parameter(bench):
    plans = bench.map(lambda row: bench.with_config(lambda c: put(c, row[0], row[1])), PARAMETERS)
    rows = zip(PARAMETERS, plans, strict=True)
    assert_none_wrong((path, bench.wrong(found, named(found, direct))) for (path, _, direct), found in rows)
    told("edits", parameters=len(PARAMETERS))


@pytest.mark.slow
def test_grid_tasks_and_corpora(bench):
    plans = bench.map(lambda row: bench.with_config(row[1]), STRUCTURE)
    rows = zip(STRUCTURE, plans, strict=True)
    assert_none_wrong((name, bench.wrong(found, named(found, direct))) for (name, _, direct), found in rows)
    told("edits", structure=len(STRUCTURE))


def leaves(node: Config, path: str = "") -> Iterator[str]:
    """Yield the dotted path of every value that is no mapping."""
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def test_every_key_of_the_configuration_is_in_the_tables():
    """One of each kind: what is said of size 7k goes for all sizes."""
    tried = {MANY.sub(r"\1", row[0]) for row in PARAMETERS} | UNTRIED
    config = read_configuration(*(ROOT / name for name in ("catalogue.yaml", "config.yaml", TINY)))
    assert {MANY.sub(r"\1", path) for path in leaves(config)} <= tried


@pytest.mark.slow
def test_each_job_depends_on_the_code_of_the_script_that_it_runs(finished):
    called = [
        re.match(r"python scripts/(\w+/\w+)\.py --code (\w+)(?: --figure (\w+))?", line) for line in commands(finished)
    ]
    assert len(called) > 100 and all(called)
    for script, code, figure in (call.groups() for call in called):
        assert code == code_digest(*(ROOT / "scripts" / f"{name}.py" for name in files_of(script, figure)))


def files_of(script, figure):
    """Return the script of a job and the module that it imports by name."""
    return (script, f"clm/figures/{figure}") if figure else (script,)


@pytest.mark.slow
def test_every_module_and_script(bench):
    """An edited module makes stale the jobs of the rules that import it, and what follows."""
    modules = [path for room in ROOMS for path in sorted(room.rglob("[a-z]*.py"))] + SCRIPTS
    scripts = {script.stem: script for script in SCRIPTS}

    def files(rule: str) -> list[Path]:
        if not rule.startswith("plot_"):
            return closure(scripts[rule]) if rule in scripts else []
        name = rule.removeprefix("plot_")
        return closure(scripts[DRIVER], ROOT / "scripts" / "clm" / "figures" / f"{FIGURES.get(name, name)}.py")

    users = {rule: files(rule) for rule, _ in bench.before.reads}

    def planned(module: Path) -> Plan:
        return bench.with_file(str(module.relative_to(ROOT)), lambda text: text + "\nEDITED = True\n")

    rows = zip(modules, bench.map(planned, modules), strict=True)
    wrong = lambda module, found: bench.wrong(found, {j for j in found.reads if module in users[j[0]]})  # noqa: E731
    assert_none_wrong((str(module), wrong(module, found)) for module, found in rows)
    told("edits", modules_and_scripts=len(modules))


@pytest.mark.slow
def test_edits_that_change_no_result(bench):
    plans = bench.map(lambda edit: bench.with_file(*edit), HARMLESS)
    assert {edit[0]: found.stale for edit, found in zip(HARMLESS, plans, strict=True) if found.stale} == {}
    told("edits", harmless=len(HARMLESS))


@pytest.mark.slow
def test_a_changed_source(bench):
    """Whatever is made from it and nothing else: the file stands for a result of the job that fetched it."""
    with bench.folder() as folder:
        content = folder / "results" / "sources" / "molalkit" / "content"
        with edited(content):
            content.write_bytes(content.read_bytes() + b"\0")
            found = plan(folder)
    readers = {job for job, reads in found.reads.items() if ("fetch_source", "source=molalkit") in reads}
    assert readers and bench.wrong(found, readers) == {}
    told("edits", changed_sources=1)


@pytest.mark.slow
def test_a_lost_result(bench):
    with bench.folder() as folder:
        lost = folder / "results" / "tiny" / "tables" / "runs.csv"
        with edited(lost):
            lost.unlink()
            found = plan(folder)
    assert bench.wrong(found, named(found, "tabulate_runs")) == {}
    told("edits", lost_results=1)


@pytest.mark.slow
def test_a_clone_with_copied_results_and_touched_files(finished, tmp_path):
    """As after `git clone` and `rsync -a results .snakemake`, and as after a copy that keeps no times."""
    clone = copy_workflow(tmp_path / "clone")
    shutil.rmtree(clone / "results", ignore_errors=True)
    for name in ("results", ".snakemake"):
        shutil.copytree(finished / name, clone / name)
    assert plan(clone).stale == frozenset()
    time.sleep(1)
    for path in clone.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            path.touch()
    assert plan(clone).stale == frozenset()
    told("edits", copied_and_touched=2)


@pytest.mark.slow
def test_an_added_budget_continues_its_trunk(study):
    config = yaml.safe_load((study / TINY).read_text())
    config["grid"]["budgets"]["t30k"] = 30000
    config["grid"]["trunks"][0]["budgets"].append("t30k")
    (study / TINY).write_text(yaml.safe_dump(config, sort_keys=False))
    done = snakemake(study, "results/tiny/pretrain/zinc/3k/t300/seed0/t30k/metrics.json", "--configfile", TINY)
    assert done.returncode == 0, done.stdout[-2000:]
    log = (study / "results/tiny/logs/pretrain_checkpoint/zinc-3k-t300-0-t30k.log").read_text()
    assert re.search(r"resumed at step [1-9]\d*", log)
