"""Read files of a model or a study that a user names, with one-line errors for unreadable ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from clm.chemistry.reader.messages import printable
from clm.provenance.command import UserError
from clm.provenance.files import read_json


def read_part(path: Path, reader: Callable[[Path], Any]) -> Any:
    """Return a file of a model or study as parsed by a reader.

    Raises:
        UserError: the file is damaged.
    """
    try:
        return reader(path)
    except (MemoryError, UserError):
        raise
    except Exception as error:  # tokenizers raises bare exceptions
        if isinstance(error, OSError) and error.errno is not None:
            raise  # an error of the machine; errors of libraries about the content of a file have no number
        raise UserError(f"{path}: damaged ({told(error)}); check that the folder was copied whole") from error


def told(error: Exception) -> str:
    """Return the message of an exception, on one line."""
    return printable(" ".join(str(error).split()) or type(error).__name__, 200)


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object."""
    found = read_json(path)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def read_cost(path: Path) -> dict[str, Any]:
    """Read the cost.json of a job: `versions`, `device`, `threads` and more.

    Raises:
        ValueError: it is not such a file, or was written by another tool.
    """
    cost = read_object(path)
    if absent := [key for key in ("versions", "device", "threads") if key not in cost]:
        raise ValueError(f"no key {absent[0]}")
    if not isinstance(cost["versions"], dict):
        raise ValueError("versions is no object")
    return cost
