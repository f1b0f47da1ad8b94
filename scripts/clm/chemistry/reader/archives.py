"""Members of zip and tar archives, read in place."""

import tarfile
import zipfile
from contextlib import ExitStack
from typing import IO

from clm.chemistry.reader.messages import damage_told, listed
from clm.provenance.command import UserError

BESIDE = ("__MACOSX/", ".DS_Store", "Thumbs.db")  # files that desktop archivers add


def zip_kind(stream: IO[bytes], name: str) -> str:
    """Return the kind of a zip file: one of two spreadsheet formats, or an archive."""
    with damage_told(name), zipfile.ZipFile(stream) as archive:
        names = archive.namelist()
    stream.seek(0)
    if any(entry.startswith("xl/workbook.") for entry in names):
        return "Excel"
    return "OpenDocument" if {"content.xml", "mimetype"} <= set(names) else "zip"


def zip_entries(stream: IO[bytes]) -> list[zipfile.ZipInfo]:
    """Return the entries of a zip; a spreadsheet of the old binary format has none."""
    if not zipfile.is_zipfile(stream):
        return []
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        return archive.infolist()


def member_stream(stack: ExitStack, kind: str, stream: IO[bytes], member: str | None, name: str) -> IO[bytes]:
    """Open a member of an archive: the named one, or the only one.

    Raises:
        UserError: it is not there, or several could be meant.
    """
    if kind == "zip":
        with damage_told(name):
            archive = stack.enter_context(zipfile.ZipFile(stream))
            chosen = choose([entry.filename for entry in archive.infolist() if not entry.is_dir()], member, name)
            if archive.getinfo(chosen).flag_bits & 1:
                raise UserError(f"{name}: {listed([chosen])} is encrypted; change the file to one without a password")
            return stack.enter_context(archive.open(chosen))
    with damage_told(name):
        tar = stack.enter_context(tarfile.open(fileobj=stream, mode="r:"))
        chosen = choose([entry.name for entry in tar.getmembers() if entry.isfile()], member, name)
        return stack.enter_context(tar.extractfile(chosen))


def choose(names: list[str], member: str | None, name: str) -> str:
    """Return the requested member, or raise UserError that lists the members."""
    real = [entry for entry in names if not entry.startswith(BESIDE[0]) and not entry.endswith(BESIDE[1:])]
    if member in names:
        return member
    if member is None and len(real) == 1:
        return real[0]
    told = listed(real) or "none"
    if member is None:
        raise UserError(f"{name}: the archive has {len(real)} members ({told}); name one as `member`")
    raise UserError(f"{name}: no such member in the archive, which has: {told}; check `member` in the configuration")
