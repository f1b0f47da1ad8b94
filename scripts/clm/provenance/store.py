"""Results that outlive the job that made them: one is computed once for all that it depends on, and taken from then on.

Snakemake removes the outputs of a job before it runs the job again, so a job of many parts would compute all of them
for a new one. The parts are kept here, in a folder that is no output. It may be removed at any time: what is missing or
damaged is computed again.
"""

import logging
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clm.provenance.files import atomic, read_json, sha256_file, write_json
from clm.provenance.state import lease, state_folder

log = logging.getLogger(__name__)
DIGESTS = "digests"  # file of an entry that holds the sha256 of the others
Files = Mapping[str, Path]


class Store:
    """The entries of one job, a folder each, named by a digest of what its files depend on."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; see `opened`."""
        self.folder = folder
        self.used: set[str] = set()

    def obtain(self, identity: Any, targets: Files, make: Callable[[dict[str, Path]], None]) -> bool:
        """Write the files of an entry to their targets; compute them first if there is no entry, or a damaged one.

        Args:
            identity: all that the files depend on (parameters, code, digests of data), as a value with a JSON form.
            targets: name of each file in the entry, and where it is copied to.
            make: writes each file to the path that it gets under its name.

        Returns:
            Whether the entry was there.
        """
        entry = state_folder(self.folder, identity)
        self.used.add(entry.name)
        found = intact(entry, targets)
        if not found:
            self.fill(entry, targets, make)
        for name, target in targets.items():
            with atomic(target) as temporary:
                shutil.copyfile(entry / name, temporary)
        return found

    def fill(self, entry: Path, names: Files, make: Callable[[dict[str, Path]], None]) -> None:
        """Make an entry in a folder beside its place, and move it there when it is whole."""
        temporary = self.folder / f".{uuid.uuid4().hex[:12]}"
        temporary.mkdir()
        try:
            make({name: temporary / name for name in names})
            write_json(temporary / DIGESTS, {name: sha256_file(temporary / name) for name in names})
            shutil.rmtree(entry, ignore_errors=True)
            temporary.replace(entry)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def remove_unused(self) -> None:
        """Remove the entries that were not asked for, and what killed jobs left."""
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in self.used:
                shutil.rmtree(path)


def intact(entry: Path, names: Files) -> bool:
    """Whether an entry has all files, each with the content that was written."""
    if not entry.is_dir():
        return False
    try:
        digests = read_json(entry / DIGESTS)
        same = all(sha256_file(entry / name) == digests[name] for name in names)
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        log.warning("%s is damaged and is made again", entry)
    return same


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """Yield the store of a job, which no other process opens meanwhile; at success keep only what the job asked for."""
    with lease(folder):
        store = Store(folder)
        yield store
        store.remove_unused()
