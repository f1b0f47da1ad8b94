"""Report configuration errors before any job starts, one per line: the key's path, the value, what is allowed."""

import json
import math
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from clm.study.contradictions import contradictions
from clm.study.controls import expand_controls
from clm.study.files import absent_files
from clm.study.ladders import expand_ladders, ladder_faults
from clm.study.merge import EXTENDS
from clm.study.references import MANY, nearest, unknown_names
from clm.study.renamed import renamed_keys


class ConfigurationError(Exception):
    """One or more errors of the configuration, one per line."""


def resolve_config(config: dict[str, Any], schema: Mapping[str, Any], files: bool = True) -> None:
    """Check a configuration against its schema and its own names; blocks of control tasks become tasks.

    Raises ConfigurationError that lists every error as `key.path: value, what is allowed`: old keys first, as their
    sections are not read; then errors of the schema; names only if values are valid, combinations only if names are.
    With `files`, the files that it names must exist, relative to the working directory.
    """
    faults = [f"{dotted(path)}: renamed to {new}" for path, new in renamed_keys(config)]
    faults = faults or list(invalid_values(config, schema))
    if not faults:
        expand_controls(config)
        sort_budgets(config)
        name_columns(config)
        expand_ladders(config)
        faults = list(unknown_names(config, schema))
        absent = absent_files(config) if files else ()
        faults = faults or [*contradictions(config), *ladder_faults(config), *absent]
    if faults:
        told = "\n".join(f"  {plain(fault)}" for fault in faults)
        raise ConfigurationError(f"the configuration cannot be used:\n{told}")


def invalid_values(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield an error for each value that the schema rejects, or should reject but cannot."""
    yield from (explain(error) for error in Draft202012Validator(schema).iter_errors(config))
    yield from (f"{place}: {value} is not a finite number" for place, value in endless(config))


def dotted(path: Iterable[Any]) -> str:
    """Return the keys of a path as one text."""
    return ".".join(short(str(key)) for key in path)


def sort_budgets(config: dict[str, Any]) -> None:
    """Sort the token budgets in ascending order (in place), wherever an overlay has added one."""
    config["grid"]["budgets"] = dict(sorted(config["grid"]["budgets"].items(), key=lambda budget: budget[1]))


def name_columns(config: dict[str, Any]) -> None:
    """Convert label columns given by number to text; idempotent."""
    for task in config["tasks"].values():
        task["labels"] = [str(label) for label in task["labels"]]


def plain(text: str) -> str:
    """Return a text with line breaks, control characters and the like escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def explain(error: Any) -> str:
    """Turn an error of jsonschema into `path: value, what is allowed`."""
    place = dotted(error.absolute_path) or "(top level)"
    value = json.dumps(error.instance, default=str)
    shown = short(value)
    if error.validator == "additionalProperties":
        return unknown_key(error, place)
    if error.validator == "required":
        return f"{place}: {error.message}"
    if error.validator == "type" and looks_like_number(error.instance):
        return f"{place}: {shown} is text, not a number (YAML reads 1e-3 as text; write 1.0e-3)"
    if (
        error.validator == "type"
        and error.validator_value == "string"
        and isinstance(error.instance, int | float | date)
    ):
        return f"{place}: {shown} is not text; put it in quotes"
    if error.validator == "enum":
        return f"{place}: {shown} is not one of {', '.join(map(str, error.validator_value))}"
    if error.validator == "pattern" and "description" in error.schema:
        return f"{place}: {shown} is not {error.schema['description']} ({error.validator_value})"
    if error.validator in ("oneOf", "anyOf"):
        options = "; ".join(sub.message for sub in error.context[:4])
        return f"{place}: {shown} fits none of the allowed forms ({options})"
    return f"{place}: {error.message if shown == value else shown + ' ' + str(error.validator)}"


def short(text: str) -> str:
    """Return at most 60 characters of a text."""
    return text if len(text) <= 60 else text[:57] + "..."


def unknown_key(error: Any, place: str) -> str:
    """Name the unknown keys of an object and the nearest known ones; first keys with `+` whose value is not a list."""
    known = list(error.schema.get("properties", {}))
    unknown = [key for key in error.instance if key not in known]
    extending = [key for key in unknown if str(key).endswith(EXTENDS) and key[: -len(EXTENDS)] in known]
    if single := [key for key in extending if not isinstance(error.instance[key], list)]:
        told = (f"{place}.{key}: needs a list, [{short(json.dumps(error.instance[key]))}]" for key in single)
        return "; ".join(told)
    hints = [f"{short(str(key))!r}" + nearest(str(key), known) for key in unknown[:MANY]]
    return f"{place}: unknown key {', '.join(hints)}; allowed: {', '.join(known)}"


def endless(node: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield (place, value) of every NaN and infinity, which no bound of the schema rejects."""
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        place = f"{path}.{key}" if path else str(key)
        if isinstance(value, float) and not math.isfinite(value):
            yield place, value
        yield from endless(value, place)


def looks_like_number(value: Any) -> bool:
    """Return whether Python would parse a string as a number."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def require_python() -> None:
    """Raise ConfigurationError if jobs would run another Python than Snakemake does."""
    found = shutil.which("python")
    here = Path(sys.executable).parent
    if found is None or Path(found).parent.resolve() != here.resolve():
        raise ConfigurationError(
            f"`python` on PATH is {found or 'missing'}, but snakemake runs in {here}: activate that environment first "
            "(for example `source .venv/bin/activate`), or use `make study` or `--sdm conda`"
        )
