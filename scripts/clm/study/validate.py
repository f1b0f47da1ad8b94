"""Configuration errors in one line each: the key's path, the value, what is allowed; before any job starts."""

import difflib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clm.study.grid import UNTRAINED, full_cells, trunks


class ConfigurationError(Exception):
    """One or more faults of the configuration, one per line."""


def resolve_config(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Check a configuration against its schema and its own names.

    Raises ConfigurationError that lists every fault as `key.path: value, what is allowed`.
    """
    from jsonschema import Draft202012Validator

    faults = [explain(error) for error in Draft202012Validator(schema).iter_errors(config)]
    if not faults:
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


def nearest(name: str, known: list[str]) -> str:
    """Return a hint at the known name most like `name`, or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def looks_like_number(value: Any) -> bool:
    """Whether a string would be a number to Python."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield faults that no schema can see: unknown names and impossible combinations."""
    yield from unknown_names(config)
    yield from impossible_sizes(config)


def unknown_names(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield each name that a section uses and no table defines."""
    references = [("sizes", "sizes"), ("subsets", "subsets"), ("corpora", "corpora")]
    blocks = [(f"grid.trunks.{i}", block) for i, block in enumerate(config["grid"]["trunks"])]
    blocks += [(f"transfer.full.cells.{i}", block) for i, block in enumerate(config["transfer"]["full"]["cells"])]
    for place, block in blocks:
        for key, table in references:
            extra = [UNTRAINED, "none"] if place.startswith("transfer") else []
            yield from missing(f"{place}.{key}", block[key], [*config[table], *extra], table)
        budgets = [*config["grid"]["budgets"], *(["0"] if place.startswith("transfer") else [])]
        yield from missing(f"{place}.budgets", block.get("budgets", []), budgets, "grid.budgets")
    for place, names in task_lists(config):
        yield from missing(place, names, list(config["tasks"]), "tasks")
    for table in ("corpora", "tasks"):
        for name, entry in config[table].items():
            used = [file["source"] for file in entry.get("files", [entry]) if "source" in file]
            yield from missing(f"{table}.{name}", used, list(config["sources"]), "sources")


def task_lists(config: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield (place, names) for every list of tasks in the configuration."""
    transfer = config["transfer"]
    yield "transfer.tasks", transfer["tasks"]
    yield "transfer.full.tasks", transfer["full"]["tasks"]
    yield "transfer.full.tune_tasks", transfer["full"].get("tune_tasks", [])
    for name, corpus in config["corpora"].items():
        yield f"corpora.{name}.decontaminate", corpus.get("decontaminate", [])


def missing(place: str, names: list[str], known: list[str], table: str) -> Iterator[str]:
    """Yield a fault for each name that `table` does not define."""
    for name in names:
        if name not in known:
            hint = nearest(str(name), list(map(str, known)))
            yield f"{place}: '{name}' is not defined in {table}{hint}; defined: {', '.join(map(str, known))}"


def impossible_sizes(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield faults of sizes and grids that no training could satisfy."""
    for name, size in config["sizes"].items():
        if size["width"] % size["heads"]:
            yield f"sizes.{name}: width {size['width']} is not a multiple of heads {size['heads']}"
    if not trunks(config):
        yield "grid.trunks: no trunk is configured"
    pretrained = {(t.corpus, t.size, t.subset, t.seed, b) for t in trunks(config) for b in t.budgets}
    for cell, task in full_cells(config):
        t = cell.trunk
        if t.corpus != UNTRAINED and (t.corpus, t.size, t.subset, t.seed, cell.budget) not in pretrained:
            where = f"{t.corpus}/{t.size}/{t.subset}/seed{t.seed}/{cell.budget}"
            yield f"transfer.full.cells: {where} (task {task}) is not a checkpoint of grid.trunks"


def require_python() -> None:
    """Raise ConfigurationError when jobs would run another Python than the one that runs Snakemake."""
    found = shutil.which("python")
    here = Path(sys.executable).parent
    if found is None or Path(found).parent.resolve() != here.resolve():
        raise ConfigurationError(
            f"`python` on PATH is {found or 'missing'}, but snakemake runs in {here}: activate that environment first "
            "(for example `source .venv/bin/activate`), or use `make study` or `--sdm conda`"
        )
