"""The configuration of a study for the scripts that users run, checked as in a run, with one-line errors."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from clm.provenance.command import UserError
from clm.study.merge import project_configuration, project_schema, read_file
from clm.study.validate import ConfigurationError, resolve_config


def resolved_configuration(overlays: Iterable[Path], files: bool = True) -> dict[str, Any]:
    """Return the resolved configuration of a study of this project.

    Args:
        overlays: as for `--configfile`, later ones over earlier ones; if empty, the default study.
        files: whether the files that it names must exist; not before a run in another working directory.

    Raises:
        UserError: an overlay cannot be read, or a run would refuse the configuration.
    """
    paths = list(overlays)
    for path in paths:
        check_overlay(path)
    config = project_configuration(paths)
    try:
        resolve_config(config, project_schema(), files)
    except ConfigurationError as error:
        faults = "; ".join(map(str.strip, str(error).splitlines()[1:]))
        raise UserError(f"{faults}; change this in the configuration") from error
    return config


def check_overlay(path: Path) -> None:
    """Raise a one-line UserError if an overlay is absent, not YAML (or JSON), or not a mapping."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; name an overlay as for `snakemake --configfile`")
    try:
        told = read_file(path)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).replace('"<unicode string>", ', "").split())  # YAML's name for every file
        raise UserError(f"{path}: cannot be read ({reason}); check the file") from error
    if not isinstance(told, Mapping):
        raise UserError(f"{path}: holds no keys of the configuration but a {type(told).__name__}; give `key: value`")
