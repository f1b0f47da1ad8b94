# Helpers of all rules: the resolved configuration, the grid, identities of code. No rules here.
import json
import shlex
import shutil
import sys
from collections.abc import Callable
from types import SimpleNamespace

# Folder of this workflow; `workflow.basedir` is another one if this workflow is used as a module
HOME = Path(str(workflow.current_basedir)).parent
SCRIPTS = HOME / "scripts"
if not SCRIPTS.is_dir():
    sys.exit(f"{HOME}: jobs run scripts of the workflow's folder; name the Snakefile of a clone, not an address")
sys.path.insert(0, str(SCRIPTS))
KILLED = "out of memory or time, preempted or cancelled; run snakemake again, it goes on from what was saved"


def before_commands() -> str:
    """Shell code before the command of each job; the command itself must not contain the path of the workflow.

    Jobs find the library by PYTHONPATH, which is set where a command runs, since Snakemake does not pass it to an
    activated environment. `python` becomes a function: in another working directory `python scripts/...` runs the
    script of the workflow, and the log of a killed job says so (bash waits for the job, even if it gets a signal).
    """
    library, home = (shlex.quote(str(place)) for place in (SCRIPTS, HOME))
    ours = f'if [[ ${{1-}} == scripts/* && ! -e $1 ]]; then set -- {home}/"$1" "${{@:2}}"; fi; '
    ours = "" if HOME.samefile(Path.cwd()) else ours
    run = 'trap : TERM; local status=0; command python "$@" || status=$?; '
    killed = f'if (( status > 128 )); then echo "Error: SIG$(kill -l $((status - 128))) ended this job: {KILLED}"; fi; '
    function = f"python() {{ {ours}{run}{killed}return $status; }}; "
    return f"set -euo pipefail; export PYTHONPATH={library}; {function}".replace("{", "{{").replace("}", "}}")


def own_path(path: str) -> str:
    """Path of a local file of the workflow, relative to the working directory of jobs."""
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
    """The configuration: config.yaml and the catalogue, with overlays and options of the command line over them.

    In a module of another workflow, the configuration from that workflow is put over them.
    """
    settings = workflow.config_settings
    files = [HOME / name for name in ("catalogue.yaml", "config.yaml")]
    base = [] if settings.replace_workflow_config else files
    if workflow.modifier.skip_configfile:
        return study_configuration(base, [], config, SCHEMA)
    return study_configuration(base, settings.configfiles, settings.config, SCHEMA)


def own_config() -> dict:
    """The user's part of the configuration: overlays and options of the command line, or config.yaml without these.

    It is empty if a whole configuration replaces everything, as for the report.
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
GPU_MB = 2000  # GPU memory of a job with a small model, including that of CUDA itself


def code(script: str, *modules: str) -> Callable:
    """Digest of the code that a job runs, as a parameter: a script, named modules and everything that they import.

    It is computed on demand: on a cluster each job reads all rules again, but runs one script.
    """
    files = [SCRIPTS / f"{name}.py" for name in (script, *modules)]
    return lambda wildcards: code_digest(*files)


def script(name: str, values: str) -> str:
    """Shell command of a job, with an option of the same name for each value (`output.out`: `--out {output.out:q}`)."""
    options = [f"--{value.split('.')[-1].replace('_', '-')} {{{value}:q}}" for value in values.split()]
    return " ".join(["python", f"scripts/{name}.py --code {{params.code}}", *options, "> {log:q} 2>&1"])


def folder_of(name: str) -> Callable:
    """Folder of the first of the input files called `name`, as a parameter."""
    return lambda wildcards, input: str(Path([*getattr(input, name)][0]).parent)


def select_keys(section: dict, *keys: str) -> dict:
    """The named keys of a section, for the parameters of a rule: only what the job uses."""
    return {key: section[key] for key in keys if key in section}


def source_files(entries: list[dict], name: str = "content") -> list[str]:
    """The downloaded files that a corpus or task reads (or their records), without repeats."""
    return list(dict.fromkeys(f"results/sources/{entry['source']}/{name}" for entry in entries))


NOTHING = "(?!)"  # a wildcard constraint that matches nothing


def one_of(names) -> str:
    """A wildcard constraint that matches only these names (or nothing)."""
    return "|".join(re.escape(str(name)) for name in names) or NOTHING


def results_of(wildcards, input) -> str:
    """Folder of the study that contains the inputs, for scripts that read many files below it."""
    return str(next(folder for folder in Path(input[0]).parents if str(folder).endswith(RESULTS)))


def records() -> dict:
    """Snakemake's record of each output of the jobs of this run, wherever records are stored."""
    workflow.persistence.deactivate_cache()  # the cache has None for the outputs of the last job
    return {str(path): workflow.persistence.metadata(path) for job in workflow.dag.jobs for path in job.output}
