"""Merge configuration files, later ones over earlier ones, with a syntax to extend lists and to remove entries.

Mappings merge key by key and lists are replaced, as in Snakemake. In addition, at every level:

    transfer: {tasks+: [my_assay]}      appends to the list `transfer.tasks` of the files before
    sizes: {150k: null}                 removes the entry `150k` (an empty mapping does the same), and its name
                                        from lists and blocks of cells
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from clm.study.removed import without_removed

PROJECT = Path(__file__).resolve().parents[3]
BASE = ("catalogue.yaml", "config.yaml")  # the files that every study starts from
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml takes 1/7 of the time, which saves a tenth of a start
EXTENDS = "+"  # at the end of a key: its list is appended to that of the earlier files


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the keys of `overlay` over it."""
    result = dict(base)
    for key, value in overlay.items():
        extended = result.get(key[: -len(EXTENDS)]) if isinstance(key, str) and key.endswith(EXTENDS) else None
        if isinstance(extended, list) and isinstance(value, list):
            result[key[: -len(EXTENDS)]] = extended + [item for item in value if item not in extended]
        elif isinstance(value, Mapping) and value and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def read_configuration(*files: Path) -> dict[str, Any]:
    """Return the configuration of some YAML or JSON files, for example catalogue.yaml, config.yaml and an overlay."""
    config: dict[str, Any] = {}
    for path in files:
        config = merged(config, read_file(path))
    return config


def read_file(path: Path) -> Any:
    """Return the content of a YAML or JSON file, a mapping if it is valid."""
    text = path.read_text(encoding="utf-8")
    # JSON needs its own parser: YAML reads 1e-05 as text
    return json.loads(text) if path.suffix == ".json" else yaml.load(text, LOADER) or {}


def study_configuration(
    base: Iterable[Path], overlays: Iterable[Path], options: Mapping[str, Any], schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the configuration of a study.

    Args:
        base: the files that every study starts from.
        overlays: the files of `--configfile`, in their order.
        options: values of `--config`, or those that another workflow passes to this one as a module.
        schema: the JSON schema of the configuration.
    """
    config = merged(read_configuration(*base, *overlays), typed(options))
    return without_removed(config, schema)


def project_configuration(files: Iterable[Path]) -> dict[str, Any]:
    """Return the configuration of a study of this project from its overlays, as `snakemake --configfile` does.

    Args:
        files: overlays; the files of BASE, which always come first, may be among them.
    """
    base = [PROJECT / name for name in BASE]
    return study_configuration(base, [path for path in files if path.resolve() not in base], {}, project_schema())


def project_schema() -> dict[str, Any]:
    """Return the JSON schema of configurations of this project."""
    return read_file(PROJECT / "schemas" / "config.schema.yaml")


def typed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of `--config` with the values inside mappings and lists as YAML reads them.

    Snakemake reads `curvature={batches: 3}` as a mapping of texts.
    """
    return {key: value if isinstance(value, str) else read_leaves(value) for key, value in options.items()}


def read_leaves(node: Any) -> Any:
    """Return mappings and lists with texts replaced by the numbers, booleans and nulls that they represent."""
    if isinstance(node, Mapping):
        return {key: read_leaves(value) for key, value in node.items()}
    if isinstance(node, list):
        return [read_leaves(value) for value in node]
    if not isinstance(node, str):
        return node
    try:
        value = yaml.load(node, LOADER)
    except (yaml.YAMLError, UnicodeError):  # for bytes that are not UTF-8
        return node
    return value if value is None or isinstance(value, bool | int | float) else node
