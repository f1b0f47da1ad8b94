"""A study that reuses the corpora, vocabulary and checkpoints of another study (`base`) by symbolic links.

The folders in REUSED are links to those of the base, so all paths are the same as in any other study; the rules that
would fill them are left out, so nothing is written through a link.
"""

import atexit
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from clm.provenance.chain import RECORDS, read_records
from clm.provenance.command import UserError
from clm.study.differences import differences
from clm.study.grid import Checkpoint, pretrained, read_corpora, sizes, untrained
from clm.study.paths import checkpoint
from clm.study.references import MANY, settings_in_use
from clm.study.validate import ConfigurationError

REUSED = ("corpora", "pretrain", "tokenizer")  # folders below results/<study>/
FETCHED = ("pypi", "url", "file", "sha256")
SIZE = ("layers", "width", "heads", "learning_rate", "batch_tokens")  # keys that a checkpoint depends on


def reuse_base(config: Mapping[str, Any], schema: Mapping[str, Any], results: Path, studies: Path) -> None:
    """Link the reused folders of the base into the folder of a study, if it has a base.

    When the process ends, new links are removed if the study has made nothing else, so a dry run leaves nothing behind.

    Args:
        config: a resolved configuration.
        schema: JSON schema of configurations.
        results: folder of all studies.
        studies: folder of the overlays of the project, to name that of the base in messages.

    Raises:
        ConfigurationError: the base has not finished, was pretrained with other settings or lacks a checkpoint, or the
            folder of the study contains something else in their place.
    """
    own, base = results / config["study"], config.get("base")
    faults = list(misplaced(own, base))
    if base and not faults:
        faults = list(unfinished(results / base, config["study"]))
        faults = faults or list(differing(config, read_records(results / base / RECORDS)["config"], schema))
        faults = faults or list(missing(config, results / base, studies))
    if faults:
        raise ConfigurationError("\n  ".join(["the configuration cannot be used:", *faults]))
    if made := make_links(own, base):
        atexit.register(remove_links, own, made)


def make_links(own: Path, base: str | None) -> list[Path]:
    """Link the reused folders of the base, if there is one, and return the links that were not there before."""
    links = [own / name for name in REUSED if base and not (own / name).is_symlink()]
    for link in links:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path("..", str(base), link.name))
    return links


def remove_links(own: Path, links: list[Path]) -> None:
    """Remove the links of a study and its folder, if nothing else is in it; another process may be doing the same."""
    with suppress(OSError):
        if set(own.iterdir()) <= set(links):
            for link in links:
                link.unlink(missing_ok=True)
            own.rmdir()


def misplaced(own: Path, base: str | None) -> Iterator[str]:
    """Yield an error for each reused folder that is not a link to the base, or is a link although there is no base."""
    for name in REUSED:
        path = own / name
        link = Path(os.readlink(path)).parts if path.is_symlink() else ()
        linked = link[1] if len(link) == 3 and link[::2] == ("..", name) else None
        if base and path.exists() and linked != base:
            yield f"base: {path} is of another run; choose another name for the study, or remove {path}"
        elif linked and not base:
            yield f"base: {path} is a link to what study {linked} has; give `base: {linked}` again, or remove {path}"


def unfinished(folder: Path, study: str) -> Iterator[str]:
    """Yield the reasons why a study cannot be a base: it is the study itself, has not finished, or has a base."""
    if folder.name == study:
        yield f"base: {study} is this study itself; give the study a name of its own under `study`"
    elif not (folder / RECORDS).is_file():
        yield f"base: {folder / RECORDS} does not exist; run study {folder.name} to its end first"
    else:
        try:
            further = read_records(folder / RECORDS)["config"].get("base")
        except UserError as error:
            yield f"base: {error}"
            return
        if further:
            yield f"base: {folder.name} itself reuses study {further}; give `base: {further}`"


def differing(config: Mapping[str, Any], other: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield each key that checkpoints depend on and that differs from the study `other`, with both values."""
    for key, ours, theirs in differences(pretrained_by(config, config, schema), pretrained_by(other, config, schema)):
        yield f"{key}: {ours}, but {theirs} in study {other['study']}, whose checkpoints `base` reuses"


def pretrained_by(
    config: Mapping[str, Any], user: Mapping[str, Any], schema: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return the settings that the checkpoints of a study depend on, as far as the study `user` uses them."""
    used = all_checkpoints(user)
    sources = {entry["source"] for name in read_corpora(config) for entry in config["corpora"][name]["files"]}
    optimizer = settings_in_use(config, schema, "pretraining.optimizer", "name")
    return {
        "sources": {name: picked(config["sources"][name], FETCHED) for name in sorted(sources)},
        "corpora": config["corpora"],
        "tokenizer": settings_in_use(config, schema, "tokenizer", "kind"),
        "subsets": picked(config["subsets"], {cell.trunk.subset: None for cell in used}),
        "sizes": {name: picked(size, SIZE) for name, size in picked(config["sizes"], sizes(user)).items()},
        "pretraining": config["pretraining"] | {"optimizer": optimizer},
        "grid.budgets": picked(config["grid"]["budgets"], {cell.budget: None for cell in used}),
    }


def all_checkpoints(config: Mapping[str, Any]) -> list[Checkpoint]:
    """Return every pretrained checkpoint, including those on shuffled tokens."""
    return [Checkpoint(trunk, budget) for trunk in pretrained(config) for budget in trunk.budgets]


def picked(table: Mapping[str, Any], names: Any) -> dict[str, Any]:
    """Return the named entries of a table that exist."""
    return {name: table[name] for name in names if name in table}


def missing(config: Mapping[str, Any], folder: Path, studies: Path) -> Iterator[str]:
    """Yield an error with the command that makes the checkpoints that the base lacks, if any."""
    cells = all_checkpoints(config) + [Checkpoint(trunk, trunk.budgets[0]) for trunk in untrained(config)]
    wanted = [checkpoint(folder, cell) / "metrics.json" for cell in cells]
    wanted += [folder / "pretrain" / "rates" / f"{size}.json" for size in sizes(config)]
    if absent := [str(path) for path in wanted if not path.is_file()]:
        overlay = f"--configfile {known_overlay(folder.name, studies)} -- " if folder.name != "default" else ""
        rest = f" (and {len(absent) - MANY} more: give the same overlay again)" if len(absent) > MANY else ""
        yield (
            f"grid.trunks: {len(absent)} of the results that this study needs are not in {folder}; "
            f"run `snakemake {overlay}{' '.join(absent[:MANY])}`{rest}"
        )


def known_overlay(study: str, studies: Path) -> str:
    """Return the overlay of a study of the project, or a text that names the user's own."""
    path = studies / f"{study}.yaml"
    return f"{studies.name}/{path.name}" if path.is_file() else f"<the overlays of study {study}>"
