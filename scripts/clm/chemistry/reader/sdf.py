"""Structure-data files: the mol block and the data fields of each record, as text."""

import re
from collections.abc import Iterator
from typing import IO

from clm.chemistry.reader.text import Lines, as_utf8, decode, foreign_note
from clm.provenance.command import UserError

FIELD = re.compile(r"^>.*?<([^>]*)>")
STRUCTURE = "structure"  # the name of the column that holds the mol block
END = "M  END"
HEADER_LINES, VERSIONS = 3, ("V2000", "V3000")  # of a mol block: lines before its counts, which end in a version


def sdf_records(
    stream: IO[bytes], encoding: str | None, name: str, notes: list[str] | None = None
) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Yield (number of the first line, mol block, data fields) of each record.

    Lines of a value of several lines are joined by a line break. What follows the last `$$$$` is a record of its own.

    Args:
        stream: the SDF.
        encoding: by default UTF-8, or Windows-1252 where that fails.
        name: of the file, for messages.
        notes: receives messages about the encoding.

    Raises:
        UserError: the last record is cut off.
    """
    text, note = as_utf8(stream, encoding, name)
    told, lines, foreign = [] if notes is None else notes, Lines(text), False
    told += [note] if note else []
    first, held = 1, []
    for line in lines:
        if line.rstrip() == b"$$$$":
            yield first, *parts(held)
            first, held = lines.number + 1, []
            continue
        shown, other = decode(line)
        told += [foreign_note(lines.number)] if other and not foreign else []
        foreign = foreign or other
        held.append(shown)
    if any(line.strip("\x1a \t") for line in held):  # some programs end a file with Ctrl-Z
        if cut_off(held):
            raise UserError(
                f"{name}: damaged or truncated (the record from line {first} on is cut off); delete it and fetch it "
                "again"
            )
        yield first, *parts(held)


def cut_off(lines: list[str]) -> bool:
    """Return whether a record without its last line ends inside its mol block or the value of a data field."""
    end = next((i for i, line in enumerate(lines) if line.startswith(END)), None)
    return end is None or (any(map(FIELD.match, lines[end:])) and bool(lines[-1].strip()))


def parts(lines: list[str]) -> tuple[str, dict[str, str]]:
    """Return the mol block of a record and its data fields."""
    stop = next((i + 1 for i, line in enumerate(lines) if line.startswith(END)), len(lines))
    fields: dict[str, str] = {}
    name = None
    for line in lines[stop:]:
        header = FIELD.match(line)
        if header:
            name = header.group(1).strip()
            fields[name] = ""
        elif not line.strip():
            name = None
        elif name is not None:
            fields[name] = f"{fields[name]}\n{line}".strip()
    return "\n".join(lines[:stop]), fields


def aligned(block: str) -> str:
    """Return a mol block with its counts on the fourth line, as required: a cell may have lost empty lines."""
    lines = block.splitlines()
    counts = next((i for i, line in enumerate(lines[:HEADER_LINES]) if line.rstrip().endswith(VERSIONS)), HEADER_LINES)
    return "\n".join([*[""] * (HEADER_LINES - counts), *lines, ""])


def is_mol_block(text: str) -> bool:
    """Return whether a text is a mol block rather than a SMILES."""
    return END in text and "\n" in text
