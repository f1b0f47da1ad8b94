"""The command line that all scripts share: `--config` (JSON), `--code` (digest), logging, one-line errors."""

import argparse
import errno
import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn


class UserError(Exception):
    """A fault that the user can mend; its text says what, where (file, row, key) and what to do."""


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return an argument parser that knows `--config` (a JSON object, parsed to dict) and `--code`."""
    summary = (description or "").strip().splitlines()[0] if description else None
    command = argparse.ArgumentParser(description=summary, allow_abbrev=False)
    command.add_argument("--config", type=json.loads, default={}, help="the settings of this job as a JSON object")
    command.add_argument("--code", default="", help="digest of the code that this job runs")
    return command


def run(main: Callable[[], None]) -> NoReturn:
    """Run a script's `main` with logging to stderr and exit; a UserError becomes one line and exit status 1."""
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    for ours in ("__main__", "clm"):  # libraries speak up for warnings only
        logging.getLogger(ours).setLevel(logging.INFO)
    try:
        main()
    except UserError as error:
        sys.exit(f"Error: {error}")
    except (MemoryError, OSError, RuntimeError) as error:
        traceback.print_exc()
        sys.exit(f"Error: {describe(error)}")
    sys.exit(0)


def describe(error: MemoryError | OSError | RuntimeError) -> str:
    """Return what the machine refused and what to do about it; torch tells of missing memory by a RuntimeError.

    "Could not create a primitive" is oneDNN without memory, found by running jobs under limits.
    """
    refused = r"out of memory|can't allocate memory|bad_alloc|could not create a primitive"
    short = re.search(refused, str(error)) or getattr(error, "errno", None) == errno.ENOMEM
    if isinstance(error, RuntimeError) and not short:
        return f"{str(error).strip().splitlines()[0] if str(error) else type(error).__name__} (a fault of the program)"
    if isinstance(error, MemoryError) or short:
        return "out of memory; give the rule more mem_mb (profiles/*/) or run fewer jobs at once"
    place = f" at {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{place}; check space and permissions, then run snakemake again"
