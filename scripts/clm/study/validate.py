"""Configuration errors in one line each: the key's path, the value, what is allowed; before any job starts."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.study.contradictions import contradictions, nearest
from clm.study.controls import expand_controls


class ConfigurationError(Exception):
    """One or more faults of the configuration, one per line."""


def resolve_config(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Check a configuration against its schema and its own names; blocks of control tasks become tasks.

    Raises ConfigurationError that lists every fault as `key.path: value, what is allowed`.
    """
    from jsonschema import Draft202012Validator

    faults = [explain(error) for error in Draft202012Validator(schema).iter_errors(config)]
    if not faults:
        expand_controls(config)
        faults = list(contradictions(config))
    if faults:
        raise ConfigurationError("the configuration cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults))


def explain(error: Any) -> str:
    """Turn an error of jsonschema into `path: value, what is allowed`."""
    place = ".".join(str(part) for part in error.absolute_path) or "(top level)"
    value = json.dumps(error.instance, default=str)
    shown = value if len(value) <= 60 else value[:57] + "..."
    if error.validator == "additionalProperties":
        return unknown_key(error, place)
    if error.validator == "required":
        return f"{place}: {error.message}"
    if error.validator == "type" and looks_like_number(error.instance):
        return f"{place}: {shown} is text, not a number (YAML reads 1e-3 as text; write 1.0e-3)"
    if error.validator == "enum":
        return f"{place}: {shown} is not one of {', '.join(map(str, error.validator_value))}"
    if error.validator in ("oneOf", "anyOf"):
        options = "; ".join(sub.message for sub in error.context[:4])
        return f"{place}: {shown} fits none of the allowed forms ({options})"
    return f"{place}: {error.message if len(value) <= 60 else shown + ' ' + str(error.validator)}"


def unknown_key(error: Any, place: str) -> str:
    """Name the unknown keys of an object and the nearest known ones."""
    known = list(error.schema.get("properties", {}))
    unknown = [key for key in error.instance if key not in known]
    hints = [f"'{key}'" + nearest(key, known) for key in unknown]
    return f"{place}: unknown key {', '.join(hints)}; allowed: {', '.join(known)}"


def looks_like_number(value: Any) -> bool:
    """Whether a string would be a number to Python."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def require_python() -> None:
    """Raise ConfigurationError when jobs would run another Python than the one that runs Snakemake."""
    found = shutil.which("python")
    here = Path(sys.executable).parent
    if found is None or Path(found).parent.resolve() != here.resolve():
        raise ConfigurationError(
            f"`python` on PATH is {found or 'missing'}, but snakemake runs in {here}: activate that environment first "
            "(for example `source .venv/bin/activate`), or use `make study` or `--sdm conda`"
        )
