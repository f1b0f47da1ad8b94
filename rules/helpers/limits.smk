# Limits of an allocation, if a profile states them, and groups of short jobs within these limits.
from clm.study.limits import beyond_limits, longer_rules
from snakemake.exceptions import WorkflowError
from snakemake.jobs import GroupJob


def limit(name: str) -> int | None:
    """The limit that the profile sets under `resources`, or None."""
    stated = workflow.global_resources[name].value if name in workflow.global_resources else None
    return None if stated is None else int(stated)


def grouped(group: str, minutes: int | Callable) -> Callable:
    """Group of a job: that of its rule if all jobs of the group, of this length, fit into an allocation in sequence.

    A long job has its own allocation, which can be cancelled and requeued separately. Without a limit, as on one
    machine, there are no groups.

    Args:
        group: name under `group-components` in the profile, which sets the number of jobs that share an allocation.
        minutes: time limit of the job, or of all jobs of the group where these depend on each other.
    """

    def chosen(wildcards) -> str | None:
        allowed = limit("allocation_minutes")
        length = minutes(wildcards) if callable(minutes) else minutes
        fits = allowed and length * workflow.group_settings.group_components.get(group, 1) <= allowed
        return group if fits else None

    chosen.group = group
    return chosen


def stated_minutes() -> dict[str, int]:
    """Time limits that rules state as a number, by rule, for submitted rules that can have jobs in this study."""
    found = {}
    for made in workflow.rules:
        here = made.norun or made.name in workflow._localrules or NOTHING in made.wildcard_constraints.values()
        stated = None if here else made.resources.get("runtime")
        if stated is not None and not stated.is_evaluable() and isinstance(stated.value, int):
            found[made.name] = stated.value
    return found


def require_limits() -> None:
    """Stop before anything runs if a job requests more than the profile allows.

    Snakemake itself would silently give a job fewer GPUs than it requests.
    """
    minutes = limit("allocation_minutes")
    faults = [*beyond_limits(config, limit("gpu"), minutes)]
    faults += longer_rules(stated_minutes(), minutes) if minutes is not None else []
    if faults and workflow.is_main_process:
        raise WorkflowError("the profile is too small for this study:", *faults)


def tell_why_groups_fail() -> None:
    """Make Snakemake print a scheduler's message about a group, which it does only for single jobs."""
    plain = GroupJob.log_error

    def log_error(self, msg=None, **told):
        if msg:
            logger.error(f"group {self.groupid}: {msg.splitlines()[0]}")
        plain(self, msg, **told)

    if plain.__module__ == GroupJob.__module__:  # not yet patched in this process
        GroupJob.log_error = log_error
