"""Plans of Snakemake: all jobs of a study and those that are stale, from one look at the real Snakefile.

A dry run from a shell spends most of its time on starting Python and prints only the stale jobs. Here a server that has
imported Snakemake once forks a process per plan, which runs Snakemake's own command line in the folder, reads both sets
from the graph and leaves before anything is run.
"""

import contextlib
import json
import multiprocessing
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

Job = tuple[str, str]  # rule and its wildcards as Snakemake prints them


@dataclass(frozen=True)
class Plan:
    """The jobs of a study with the jobs that each reads from, and those that would run; target rules left out."""

    reads: dict[Job, frozenset[Job]]
    stale: frozenset[Job]

    def of(self, *rules: str, where: Callable[[dict[str, str]], bool] = lambda _: True) -> set[Job]:
        """Return the jobs of some rules whose wildcards pass."""
        return {job for job in self.reads if job[0] in rules and where(wildcards(job))}

    def after(self, jobs: set[Job]) -> set[Job]:
        """Return jobs and everything that is made from them, directly or not."""
        found = set(jobs)
        while more := {job for job, before in self.reads.items() if before & found} - found:
            found |= more
        return found


@dataclass(frozen=True)
class Rule:
    """A rule as Snakemake has read it: what the rule says, before there are jobs."""

    shell: str  # the command, with its fields in braces
    script: str  # what the command runs, below scripts/
    environment: str | None  # name of its file in envs/
    resources: frozenset[str]  # names
    params: frozenset[str]  # names
    cores: int | None  # None where they depend on the job
    captions: frozenset[str]  # names of files in report/
    log: bool
    benchmark: bool
    local: bool
    group: str | None  # in which its jobs share an allocation if they are short


def wildcards(job: Job) -> dict[str, str]:
    """Return the wildcards of a job as a dictionary."""
    return dict(re.findall(r"(\w+)=([^,\s]+)", job[1]))


def plan(folder: Path, *arguments: str) -> Plan:
    """Return the plan of the tiny study in a folder; further arguments as on the command line."""
    return Plan(*ask(jobs_of, folder, arguments))


def commands(folder: Path, *arguments: str) -> list[str]:
    """Return the shell commands of all jobs of the tiny study, as bash would get them."""
    return ask(commands_of, folder, arguments)


def rules_in(folder: Path) -> dict[str, Rule]:
    """Return all rules that run something, by their names."""
    return ask(rules_of, folder, ())


def configuration(folder: Path, *arguments: str) -> dict[str, Any]:
    """Return the resolved configuration of a study, its keys in their order."""
    return json.loads(ask(configuration_of, folder, arguments))


def ask(read: Callable[[Any], Any], folder: Path, arguments: tuple[str, ...]) -> Any:
    """Return what `read` finds in the graph of the tiny study in a folder."""
    receiver, sender = server().Pipe(duplex=False)
    process = server().Process(target=look, args=(sender, read, str(folder), environment_of(folder), arguments))
    process.start()
    sender.close()
    try:
        found = receiver.recv()
    except EOFError:
        process.join()
        raise AssertionError(f"no plan: {Path(folder, 'plan.log').read_text()[-3000:]}") from None
    process.join()
    return found


@cache
def server() -> multiprocessing.context.BaseContext:
    """Return the server of processes that have imported Snakemake."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["snakemake.cli", "snakemake.dag", "snakemake.workflow", "jsonschema", "remembered"])
    with pytest.MonkeyPatch.context() as patch:  # before Python 3.13 the server knows no other path
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        forkserver.ensure_running()
    return context


def environment_of(folder: Path) -> dict[str, str]:
    """Return what a user's shell would hold in that folder."""
    from snakemake_runs import environment

    return environment() | {"PWD": str(folder)}


def look(
    sender: Connection, read: Callable[[Any], Any], folder: str, environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """Run `snakemake -n` in `folder` up to the finished graph and send what `read` finds (in a process of its own)."""
    import remembered
    from snakemake import cli, workflow

    os.chdir(folder)
    os.environ.update(environment)
    sys.path[:] = [path for path in sys.path if "/scripts" not in path and "/tests/" not in path]
    build = workflow.Workflow._build_dag

    def build_and_leave(self: workflow.Workflow) -> None:
        remembered.remember(sys.modules["clm.provenance.digest"])
        if read is not rules_of:  # which are read before there is a graph
            build(self)
        sender.send(read(self.dag))
        os._exit(0)

    workflow.Workflow._build_dag = build_and_leave
    with open("plan.log", "w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        cli.main(["-n", "--nolock", "--configfile", "studies/tiny.yaml", *arguments])


def jobs_of(dag: Any) -> tuple[dict[Job, frozenset[Job]], frozenset[Job]]:
    """Return the jobs of a graph with those they read from, and the stale ones."""
    names = {job: (job.rule.name, ", ".join(f"{k}={v}" for k, v in job.wildcards_dict.items())) for job in dag.jobs}
    kept = {job: name for job, name in names.items() if name[0] != "all"}
    reads = {name: frozenset(kept[before] for before in dag.dependencies[job]) for job, name in kept.items()}
    return reads, frozenset(name for job, name in kept.items() if dag.needrun(job))


def commands_of(dag: Any) -> list[str]:
    """Return the shell commands of the jobs of a graph."""
    return [job.shellcmd for job in dag.jobs if job.shellcmd]


def configuration_of(dag: Any) -> str:
    """Return the configuration of a workflow as JSON."""
    return json.dumps(dag.workflow.globals["config"])


def rules_of(dag: Any) -> dict[str, Rule]:
    """Return the rules of a workflow that run something, by their names."""
    return {rule.name: described(rule) for rule in dag.workflow.rules if rule.shellcmd}


def described(rule: Any) -> Rule:
    """Return what a rule of Snakemake says."""
    cores = rule.resources["_cores"]
    return Rule(
        shell=rule.shellcmd,
        script=re.search(r"\bscripts/(\S+\.py)", rule.shellcmd)[1],
        environment=rule.conda_env and Path(str(rule.conda_env)).stem,
        resources=frozenset(rule.resources),
        params=frozenset(name for name, _ in rule.params._allitems() if name),
        cores=None if cores.is_evaluable() else cores.value,
        captions=frozenset(
            Path(str(made.flags["report"].caption)).stem for made in rule.output if "report" in made.flags
        ),
        log=bool(rule.log),
        benchmark=bool(rule.benchmark),
        local=rule.name in rule.workflow._localrules,
        group=getattr(rule._group, "group", None),
    )


@contextlib.contextmanager
def edited(*paths: Path) -> Iterator[None]:
    """Put files back as they were, modification times included, when the block ends."""
    before = [(path, path.read_bytes(), path.stat()) for path in paths]
    try:
        yield
    finally:
        for path, content, stat in before:
            path.write_bytes(content)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
