"""Edits of copies of the finished tiny study, and what the graph says they must make stale."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from queue import Queue
from typing import Any

import yaml
from planning import Job, Plan, edited, plan, wildcards

TINY = "studies/tiny.yaml"
Config = dict[str, Any]


class Bench:
    """Copies of the finished study, in which edits are planned side by side."""

    def __init__(self, folders: list[Path]) -> None:
        """Take the folders and the plan before any edit."""
        self.free: Queue[Path] = Queue()
        for folder in folders:
            self.free.put(folder)
        self.before = plan(folders[0])

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Lend a folder."""
        folder = self.free.get()
        try:
            yield folder
        finally:
            self.free.put(folder)

    def with_config(self, change: Callable[[Config], Any]) -> Plan:
        """Return the plan after a change of the overlay."""

        def rewrite(text: str) -> str:
            config = yaml.safe_load(text)
            change(config)
            return yaml.safe_dump(config, sort_keys=False)

        return self.with_file(TINY, rewrite)

    def with_file(self, name: str, change: Callable[[str], str], *arguments: str) -> Plan:
        """Return the plan after a change of the text of a file."""
        with self.folder() as folder, edited(folder / name):
            (folder / name).write_text(change((folder / name).read_text()))
            return plan(folder, *arguments)

    def map(self, work: Callable[[Any], Plan], edits: list[Any]) -> list[Plan]:
        """Return the plan of each edit, in order."""
        with ThreadPoolExecutor(self.free.qsize()) as pool:
            return list(pool.map(work, edits))

    def expected(self, found: Plan, direct: set[Job]) -> set[Job]:
        """Return what must run: direct jobs, new ones, those that read from others than before, all made from these."""
        moved = {job for job, reads in found.reads.items() if reads != self.before.reads.get(job)}
        return found.after(direct | moved)

    def wrong(self, found: Plan, direct: set[Job]) -> dict[str, list[Job]]:
        """Return jobs too many and too few, if any."""
        expected = self.expected(found, direct)
        both = {"too many": sorted(found.stale - expected), "too few": sorted(expected - found.stale)}
        return {name: jobs for name, jobs in both.items() if jobs}


def named(found: Plan, text: str) -> set[Job]:
    """Return the jobs that a line of the tables names; every word must name some."""
    jobs: set[Job] = set()
    for word in text.split():
        rule, _, conditions = word.partition("/")
        wanted = dict(pair.split("=") for pair in conditions.split(",") if pair)
        meant = {job for job in found.reads if fnmatch(job[0], rule) and wanted.items() <= wildcards(job).items()}
        assert meant, f"{word} names no job"
        jobs |= meant
    return jobs


def put(config: Config, path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *keys, last = path.split(".")
    for key in keys:
        config = config.setdefault(key, {})
    assert config.get(last) != value, f"{path} is {value} already"
    config[last] = value


def assert_none_wrong(wrong: Iterable[tuple[str, dict[str, list[Job]]]]) -> None:
    """Fail with a line for each edit that schedules other jobs than it must."""
    lines = [f"{name}: {jobs}" for name, jobs in wrong if jobs]
    assert not lines, "\n".join(lines)
