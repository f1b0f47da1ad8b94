"""Summary of a dry run of Snakemake: which settings changed, from and to which value, and the number of jobs."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clm.provenance.chain import Chain, settings_of
from clm.study.differences import differences

WIDTH = 118  # characters of a line
MOST = 10  # maximum number of changes shown
FOLLOWS = "Input files updated by another job"
NEW = "not made yet"
OF_FILES = ("fetch_source", "prepare_task")  # rules that read files of the user
SAID = {  # Snakemake's reason to our wording
    "Missing output files": NEW,
    "Incomplete output files": "was interrupted",
    "Forced execution": "forced",
    "Code has changed since last execution": "command",
    "Set of input files has changed since last execution": "reads other files than before",
}


@dataclass(frozen=True)
class Planned:
    """A job that would run: its rule, wildcards, first output, Snakemake's reasons and its command, if any."""

    rule: str
    wildcards: frozenset[tuple[str, str]]
    output: str
    reasons: tuple[str, ...]
    command: str


def planned_jobs(text: str) -> list[Planned]:
    """Return the jobs in the output of `snakemake -n -p`, without target rules."""
    blocks = re.split(r"^(?:local)?rule (\w+):$", text, flags=re.M)[1:]
    found = [planned(rule, block) for rule, block in zip(blocks[::2], blocks[1::2], strict=True)]
    return [job for job in found if job.output]


def planned(rule: str, block: str) -> Planned:
    """Return the job that a block of the output describes."""

    def said(name: str) -> str:
        line = re.search(rf"^(?:    {name}|{name}): (.*)$", block, flags=re.M)
        return line[1] if line else ""

    cells = frozenset(tuple(cell.split("=", 1)) for cell in said("wildcards").split(", ") if cell)
    reasons = tuple(re.split(r"; (?=[A-Z])", said("reason")))
    return Planned(rule, cells, said("output").split(", ")[0], reasons, said("Shell command"))


def causes(job: Planned, chain: Chain | None) -> Iterator[str]:
    """Yield the reasons why a job would run, except that its inputs come from another job that would run.

    Args:
        job: the job.
        chain: the jobs behind the existing results, if they are recorded.
    """
    for reason in job.reasons:
        name, _, files = reason.partition(": ")
        if name == "Params have changed since last execution":
            yield from changed_settings(job, chain)
        elif name == "Updated input files":
            yield f"changed: {files}"
        elif name != FOLLOWS:
            yield SAID.get(name, name)


def changed_settings(job: Planned, chain: Chain | None) -> list[str]:
    """Return `key: old -> new` for each changed setting of a job, and whether its code changed."""
    if not job.command or chain is None or job.output not in chain.outputs:
        return ["settings"]
    (old_code, old), (code, new) = settings_of(chain.job(job.output)), settings_of({"command": job.command})
    found = [f"{key}: {before} -> {now}" for key, before, now in differences(old, new)]
    other = "content of its file" if job.rule in OF_FILES else "parameters beside its settings"
    return found + (["code"] if code != old_code else []) or [other]


def page(jobs: list[Planned], chain: Chain | None) -> list[str]:
    """Return the lines of the summary: what changed, what is new, and the jobs of each rule."""
    groups: dict[tuple[str, str], list[Planned]] = {}
    for job in jobs:
        for cause in causes(job, chain):
            groups.setdefault((job.rule, cause), []).append(job)
    direct = {job for group in groups.values() for job in group}
    lines = [
        f"jobs that would run: {len(jobs)}; {len(direct)} for these reasons, others since they read what these make"
    ]
    changed = [f"  {rule}, {told(group)}: {cause}" for (rule, cause), group in groups.items() if cause != NEW]
    if changed:
        more = [f"  and {len(changed) - MOST} more"] if len(changed) > MOST else []
        lines += ["", "changed since they ran last", *map(shortened, changed[:MOST]), *more]
    new = [f"{rule} {told(group)}" for (rule, cause), group in groups.items() if cause == NEW]
    return lines + paragraph(NEW, new) + paragraph("jobs of each rule", counted(job.rule for job in jobs))


def told(group: list[Planned]) -> str:
    """Return the number of jobs of a group and the wildcards that they share."""
    shared = sorted(frozenset.intersection(*(job.wildcards for job in group)))
    cells = " ".join(f"{name}={value}" for name, value in shared)
    return f"{len(group)} x" + (f" ({cells})" if cells else "")


def paragraph(title: str, items: list[str]) -> list[str]:
    """Return a title and items in lines of WIDTH characters, or nothing if there are no items."""
    text = ", ".join(item.replace(" ", "\0") for item in items)
    indented = {"initial_indent": "  ", "subsequent_indent": "  "}
    lines = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False, **indented)
    return ["", title, *(line.replace("\0", " ") for line in lines)] if items else []


def counted(names: Iterable[str]) -> list[str]:
    """Return "name number" for each name, most frequent first."""
    return [f"{name} {number}" for name, number in Counter(names).most_common()]


def shortened(line: str) -> str:
    """Return a line of at most WIDTH characters."""
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."
