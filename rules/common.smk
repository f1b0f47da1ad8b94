# Helpers of all rules: the resolved configuration, the grid, identities of code. No rules here.
import json
import shlex
import shutil
import sys
from collections.abc import Callable
from types import SimpleNamespace

# Folder of this workflow, whose name `workflow.basedir` is not where another workflow uses this one as a module
HOME = Path(str(workflow.current_basedir)).parent
SCRIPTS = HOME / "scripts"
if not SCRIPTS.is_dir():
    sys.exit(f"{HOME}: jobs run scripts of the workflow's folder; name the Snakefile of a clone, not an address")
sys.path.insert(0, str(SCRIPTS))
KILLED = "out of memory or time, preempted or cancelled; run snakemake again, it goes on from what was saved"


def before_commands() -> str:
    """What bash runs before the command of each job, which may not itself hold the place of the workflow.

    Jobs find the library by PYTHONPATH. It is set where a command runs, since Snakemake gives an activated environment
    none. `python` then is a function: elsewhere than in the folder of the workflow `python scripts/...` means the script
    there, and the log of a job that was killed says so (bash waits for the end of the job, whatever it was sent itself).
    """
    library, home = (shlex.quote(str(place)) for place in (SCRIPTS, HOME))
    ours = f'if [[ ${{1-}} == scripts/* && ! -e $1 ]]; then set -- {home}/"$1" "${{@:2}}"; fi; '
    ours = "" if HOME.samefile(Path.cwd()) else ours
    run = 'trap : TERM; local status=0; command python "$@" || status=$?; '
    killed = f'if (( status > 128 )); then echo "Error: SIG$(kill -l $((status - 128))) ended this job: {KILLED}"; fi; '
    function = f"python() {{ {ours}{run}{killed}return $status; }}; "
    return f"set -euo pipefail; export PYTHONPATH={library}; {function}".replace("{", "{{").replace("}", "}}")


def own_path(path: str) -> str:
    """A file of the workflow, as jobs find it from the working directory, and in no storage."""
    return local(path if HOME.samefile(Path.cwd()) else str(HOME / path))


shell.prefix(before_commands())

from clm.provenance.canonical import canonical
from clm.provenance.chain import export_records
from clm.provenance.contents import content_mark
from clm.provenance.digest import code_digest
from clm.provenance.files import atomic, write_json
from clm.provenance.progress import follow
from clm.study import grid, hub, ladders, paths
from clm.study.base import reuse_base
from clm.study.merge import project_schema, study_configuration
from clm.study.references import settings_in_use
from clm.study.renamed import older_results
from clm.study.unused import unused
from clm.study.validate import resolve_config, require_python
from snakemake.logging import logger

SCHEMA = project_schema()


def read_config() -> dict:
    """The configuration: config.yaml and the catalogue, with the overlays and options of the command line over them.

    As a module of another workflow: with the configuration that this passes over them.
    """
    settings = workflow.config_settings
    files = [HOME / name for name in ("catalogue.yaml", "config.yaml")]
    base = [] if settings.replace_workflow_config else files
    if workflow.modifier.skip_configfile:
        return study_configuration(base, [], config, SCHEMA)
    return study_configuration(base, settings.configfiles, settings.config, SCHEMA)


def own_config() -> dict:
    """What the user wrote: overlays and options of the command line, or config.yaml itself where there are none.

    Nothing where a whole configuration replaces all of it, as for the report.
    """
    settings = workflow.config_settings
    if settings.replace_workflow_config:
        return {}
    options = config if workflow.modifier.skip_configfile else settings.config
    if settings.configfiles or options:
        return study_configuration([], settings.configfiles, options, SCHEMA)
    return study_configuration([HOME / "config.yaml"], [], {}, SCHEMA)


written = own_config()
given = read_config()
config.clear()
config.update(given)

RESULTS = f"results/{config['study']}"
STATE = f"{RESULTS}/{paths.STATE}"
GPUS = int(config["resources"]["gpus"])
GPU_MB = 2000  # of a GPU's memory for a job with a small model, CUDA's own included


def code(script: str, *modules: str) -> Callable:
    """Digest of a script, of named modules and of all that they import: what a job runs, as a parameter.

    Computed when a job asks for it: on a cluster each job reads all rules again, and has one script.
    """
    files = [SCRIPTS / f"{name}.py" for name in (script, *modules)]
    return lambda wildcards: code_digest(*files)


def script(name: str, values: str) -> str:
    """Shell command of a job: an option for each value, named like it (`output.out` is `--out {output.out:q}`)."""
    options = [f"--{value.split('.')[-1].replace('_', '-')} {{{value}:q}}" for value in values.split()]
    return " ".join(["python", f"scripts/{name}.py --code {{params.code}}", *options, "> {log:q} 2>&1"])


def folder_of(name: str) -> Callable:
    """Folder of the first of the input files called `name`, as a parameter."""
    return lambda wildcards, input: str(Path([*getattr(input, name)][0]).parent)


def select_keys(section: dict, *keys: str) -> dict:
    """The named keys of a section, for a rule's parameters: just what the job uses."""
    return {key: section[key] for key in keys if key in section}


def source_files(entries: list[dict], name: str = "content") -> list[str]:
    """The fetched files that a corpus or task reads (or the records of them), without repeats."""
    return list(dict.fromkeys(f"results/sources/{entry['source']}/{name}" for entry in entries))


NOTHING = "(?!)"  # a wildcard constraint that no name meets


def one_of(names) -> str:
    """A wildcard constraint that admits just these names (or nothing at all)."""
    return "|".join(re.escape(str(name)) for name in names) or NOTHING


def results_of(wildcards, input) -> str:
    """Folder of the study, in which the inputs lie: for scripts that find many files below it."""
    return str(next(folder for folder in Path(input[0]).parents if str(folder).endswith(RESULTS)))


def records() -> dict:
    """What Snakemake has recorded of each output of the jobs of this run, wherever it keeps its records."""
    workflow.persistence.deactivate_cache()  # which holds None for the outputs of the last job that ended
    return {str(path): workflow.persistence.metadata(path) for job in workflow.dag.jobs for path in job.output}
