"""Show on one page what `snakemake` would run and why: changed settings with old and new values, jobs of each rule.

python scripts/preview_run.py studies/mine.yaml
"""

import subprocess
import sys
from pathlib import Path

import yaml
from clm.provenance.chain import RECORDS, Chain
from clm.provenance.command import UserError, run
from clm.provenance.preview import MOST, page, planned_jobs, shortened
from clm.study.differences import differences
from clm.study.merge import PROJECT
from clm.study.resolved import resolved_configuration

SHARED = ("rerun-triggers", "max-checksum-file-size")  # of the profile: they determine what makes a result stale


def preview_run(overlays: list[Path], /, targets: list[str] | None = None) -> list[str]:
    """Return what would run: one page, however many jobs there are.

    Args:
        overlays: as for `--configfile`, later ones over earlier ones; if none, the default study.
        targets: requested results; by default all of the study.
    """
    config = resolved_configuration(overlays)
    results = Path("results", config["study"])
    chain = Chain(results) if (results / RECORDS).is_file() else None
    jobs = planned_jobs(dry_run(overlays, targets or []))
    if not jobs:
        return [f"nothing to be done: {results} is as the configuration and the code say"]
    keys = [] if chain is None else [f"  {key}: {old} -> {new}" for key, old, new in differences(chain.config, config)]
    more = [f"  and {len(keys) - MOST} more"] if len(keys) > MOST else []
    told = ["configuration since the last run", *map(shortened, keys[:MOST]), *more, ""] if keys else []
    return told + page(jobs, chain)


def dry_run(overlays: list[Path], targets: list[str]) -> str:
    """Return what `snakemake -n` prints of each job, with its command.

    Raises:
        UserError: Snakemake could not plan.
    """
    profile = yaml.safe_load((PROJECT / "profiles" / "default" / "config.yaml").read_text(encoding="utf-8"))
    call = [sys.executable, "-m", "snakemake", "-n", "-p", "--nolock", "--cores", "1", "--workflow-profile", "none"]
    call += ["--snakefile", str(PROJECT / "Snakefile"), "--rerun-incomplete"]
    for key in SHARED:
        values = profile[key] if isinstance(profile[key], list) else [profile[key]]
        call += [f"--{key}", *map(str, values)]
    call += ["--configfile", *map(str, overlays)] if overlays else []
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run([*call, "--", *targets], **both, text=True, check=False)
    if done.returncode:
        told = filter(None, map(str.strip, done.stdout.splitlines()))
        last = [line for line in told if not line.startswith('File "')][-1]  # which give the place in the code
        raise UserError(f"snakemake cannot plan this ({last}); run `snakemake -n` for all of its message")
    return done.stdout


if __name__ == "__main__":
    run(preview_run)
