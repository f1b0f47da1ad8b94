# Helpers of all rules: the resolved configuration, the grid, identities of code. No rules here.
import json
import os
import shutil
import sys
from collections.abc import Callable

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from clm.provenance.canonical import canonical
from clm.provenance.chain import export_records
from clm.provenance.digest import code_digest
from clm.provenance.files import sha256_file
from clm.study import grid, paths
from clm.study.validate import resolve_config, require_python

RESULTS = f"results/{config['study']}"
STATE = f"{RESULTS}/.state"
GPUS = int(config["resources"]["gpus"])
GPU_MB = 2000  # of a GPU's memory for a job with a small model, CUDA's own included


def code(script: str) -> Callable:
    """Digest of a script and of every module of ours that it imports: what a job runs, as a parameter.

    Computed when a job asks for it: on a cluster each job reads all rules again, and has one script.
    """
    return lambda wildcards: code_digest(Path(workflow.basedir, "scripts", f"{script}.py"))


def pick(section: dict, *keys: str) -> dict:
    """The named keys of a section, for a rule's parameters: just what the job uses."""
    return {key: section[key] for key in keys if key in section}


def source_files(entries: list[dict], name: str = "content") -> list[str]:
    """The fetched files that a corpus or task reads (or the records of them), without repeats."""
    return list(dict.fromkeys(f"results/sources/{entry['source']}/{name}" for entry in entries))


def one_of(names) -> str:
    """A wildcard constraint that admits just these names (or nothing at all)."""
    return "|".join(re.escape(str(name)) for name in names) or "(?!)"


def results_root(wildcards) -> str:
    """Where the results of the study lie, for scripts that find many files below it."""
    return RESULTS
