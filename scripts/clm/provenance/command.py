"""Command line of all scripts: options from the signature of a function, logging, one-line errors."""

import argparse
import errno
import inspect
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, get_args, get_origin, get_type_hints

from clm.provenance.state import watch_signals


class UserError(Exception):
    """An error that the user can fix; its text states what is wrong, where (file, row, key) and what to do."""


def run(function: Callable[..., Any], handles_sigterm: bool = False) -> NoReturn:
    """Call a function with the options of the command line and exit; a UserError becomes one line and exit status 1.

    Each parameter is an option: `micro_tokens: int` becomes `--micro-tokens`, a list takes any number of values, a
    dict is a JSON object, and parameters with a default are optional. Parameters before a `/` are positional. `--code`,
    the digest of the code that a job runs, is always accepted. Logs go to standard error, and a list of lines that the
    function returns goes to standard output.

    Args:
        function: the main function of the script.
        handles_sigterm: whether the function checks for requests to stop (see clm.provenance.state) and saves or
            exits; any other function is terminated by SIGTERM itself.
    """
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    for ours in ("__main__", "clm"):  # libraries log warnings only
        logging.getLogger(ours).setLevel(logging.INFO)
    positional, named = arguments(function)
    if handles_sigterm:
        watch_signals()
    try:
        lines = function(*positional, **named)
    except UserError as error:
        sys.exit(f"Error: {error}")
    except (MemoryError, OSError, RuntimeError) as error:
        traceback.print_exc()
        sys.exit(f"Error: {describe(error)}")
    try:
        print("\n".join(lines or []), end="\n" if lines else "", flush=True)
    except BrokenPipeError:  # the reader of the lines, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def arguments(function: Callable[..., Any], argv: list[str] | None = None) -> tuple[list[Any], dict[str, Any]]:
    """Return the positional and the named arguments for a function from a command line (default: sys.argv)."""
    parameters = inspect.signature(function).parameters
    found = vars(parser(function).parse_args(argv))
    first = [name for name, one in parameters.items() if one.kind is one.POSITIONAL_ONLY]
    return [found[name] for name in first], {name: found[name] for name in parameters if name not in first}


def parser(function: Callable[..., Any]) -> argparse.ArgumentParser:
    """Return the parser with an option for each parameter of a function; the docstring explains them."""
    text = inspect.getdoc(function) or ""
    command = argparse.ArgumentParser(description=text.split("\n")[0], allow_abbrev=False)
    types = get_type_hints(function)
    for name, parameter in inspect.signature(function).parameters.items():
        about = re.search(rf"^ +{name}: (.+(?:\n {{8,}}.+)*)", text, flags=re.M)
        told: dict[str, Any] = {"help": " ".join(about[1].split()).replace("%", "%%") if about else None}
        told |= reading(types[name])
        if parameter.kind is parameter.POSITIONAL_ONLY:
            command.add_argument(name, **told)
            continue
        if parameter.default is not parameter.empty:
            told["default"] = parameter.default
        elif name != "code":
            told["required"] = True
        command.add_argument(f"--{name.replace('_', '-')}", **told)
    if "code" not in types:
        command.add_argument("--code", help="digest of the code that this job runs")
    return command


def reading(annotation: Any) -> dict[str, Any]:
    """Return the argparse options for a value of this type."""
    if isinstance(annotation, UnionType):  # X | None
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    origin = get_origin(annotation) or annotation
    if origin is bool:
        return {"action": "store_true"}
    if origin is list:
        return {"type": get_args(annotation)[0], "nargs": "*"}
    if origin is Literal:
        return {"choices": get_args(annotation)}
    return {"type": json.loads if origin is dict else origin}


def describe(error: MemoryError | OSError | RuntimeError) -> str:
    """Return the resource that was missing and what to do; torch reports missing memory by a RuntimeError.

    oneDNN reports it as "could not create a primitive", as observed in jobs under memory limits.
    """
    refused = r"out of memory|can't allocate memory|bad_alloc|could not create a primitive"
    short = re.search(refused, str(error)) or getattr(error, "errno", None) == errno.ENOMEM
    if isinstance(error, RuntimeError) and not short:
        return f"{str(error).strip().splitlines()[0] if str(error) else type(error).__name__} (a fault of the program)"
    if isinstance(error, MemoryError) or short:
        return "out of memory; give the rule more mem_mb (profiles/*/) or run fewer jobs at once"
    place = f" at {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{place}; check space and permissions, then run snakemake again"
