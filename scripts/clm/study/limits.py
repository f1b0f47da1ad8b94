"""Resources that a study requests beyond the limits in the profile of a cluster."""

from collections.abc import Iterator, Mapping
from typing import Any

from clm.study.grid import sizes


def beyond_limits(config: Mapping[str, Any], gpus: int | None, minutes: int | None) -> Iterator[str]:
    """Yield one line, with what to edit, for each size that requests more than one job may have.

    Args:
        config: the resolved configuration.
        gpus: of one job, None without a limit.
        minutes: longest time limit of a job, None without a limit.
    """
    for size in sizes(config):
        settings = config["sizes"][size]
        wanted = config["resources"]["gpus"] * settings.get("processes", 1)
        if gpus is not None and wanted > gpus:
            yield (
                f"sizes.{size}.processes: {wanted} GPUs are needed, the profile allows {gpus}: raise `gpu` under "
                f"`resources` in the profile to {wanted}, or lower `processes`"
            )
        if minutes is not None and settings["minutes"] > minutes:
            yield (
                f"sizes.{size}.minutes: {settings['minutes']} minutes are needed, the profile allows {minutes}: raise "
                "`allocation_minutes` under `resources` in the profile, or lower `minutes` (a training that is out of "
                "time continues)"
            )


def longer_rules(stated: Mapping[str, int], minutes: int) -> Iterator[str]:
    """Yield one line, with what to edit, for each time limit of a rule that exceeds the limit of a job.

    Args:
        stated: time limits in minutes, by rule.
        minutes: longest time limit of a job.
    """
    for asked in sorted({asked for asked in stated.values() if asked > minutes}):
        rules = ", ".join(rule for rule, of in stated.items() if of == asked)
        yield (
            f"runtime of {rules}: {asked} minutes are needed, the profile allows {minutes}: raise `allocation_minutes` "
            "under `resources` in profiles/slurm/config.yaml, or give these rules a shorter `runtime` under "
            "`set-resources` there"
        )
