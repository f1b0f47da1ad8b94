"""A cache of results that outlive their job: each is computed once per digest of its dependencies.

Snakemake removes the outputs of a job before it runs the job again, so a job with many parts would recompute all of
them when one is added. The parts are kept here, in a folder that is not an output. It may be removed at any time:
missing or damaged parts are computed again.
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
        """Use a folder; see `opened`."""
        self.folder = folder
        self.used: set[str] = set()

    def obtain(self, identity: Any, targets: Files, make: Callable[[dict[str, Path]], None]) -> bool:
        """Write the files of an entry to their targets; compute them first if there is no entry, or a damaged one.

        Args:
            identity: everything that the files depend on (parameters, code, digests of data), as a JSON value.
            targets: name of each file in the entry, and the path to copy it to.
            make: called with {name: path}; writes each file to its path.

        Returns:
            Whether the entry existed.
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
        """Make an entry in a temporary folder, and move it to its place when it is complete."""
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
        """Remove the entries that were not requested, and remains of killed jobs."""
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in self.used:
                shutil.rmtree(path)


def intact(entry: Path, names: Files) -> bool:
    """Return whether an entry has all files, each with the content that was written."""
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
    """Yield the store of a job, locked against other processes; on success, keep only the entries that it requested."""
    with lease(folder):
        store = Store(folder)
        yield store
        store.remove_unused()
