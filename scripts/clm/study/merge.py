"""Configuration files read as Snakemake reads them: later ones over earlier ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the keys of `overlay`, mappings merged as Snakemake merges configuration files."""
    found = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = merged(found[key], value) if both else value
    return found


def read_configuration(*files: Path) -> dict[str, Any]:
    """Return the configuration of some YAML files, for example catalogue.yaml, config.yaml and an overlay."""
    config: dict[str, Any] = {}
    for path in files:
        config = merged(config, yaml.safe_load(path.read_text(encoding="utf-8")))
    return config
