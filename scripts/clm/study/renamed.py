"""Names that changed since earlier versions: keys of the configuration and folders of results."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clm.study.paths import FINE_TUNED, PROBED

# The path of the old key (* stands for any name) and the new key in the same section
RENAMED = {
    "corpora.*.thin": "sample_fraction",
    "sizes.*.fused": "compile",
    "pretraining.mask_share": "mask_fraction",
    "pretraining.evaluation_mask_share": "evaluation_mask_fraction",
    "pretraining.mask_token_share": "mask_token_fraction",
    "pretraining.random_token_share": "random_token_fraction",
    "pretraining.decay_share": "decay_fraction",
    "transfer.frozen": "linear_probe",
    "transfer.full": "fine_tuning",
    "transfer.learning_curves.labels": "train_sizes",
}
# Folders below results/<study>/ of earlier versions and their current names
FOLDERS = {"transfer/frozen": PROBED, "transfer/full": FINE_TUNED}


def older_results(results: Path, folders: Mapping[str, str] = FOLDERS) -> str | None:
    """Return a line about results that an earlier version left in the folder of a study, or None.

    Args:
        results: folder of the study; it need not exist.
        folders: old to new folders below it.
    """
    left = [old for old, new in folders.items() if old != new and (results / old).is_dir()]
    if not left:
        return None
    return (
        f"{results} holds results of an earlier version ({', '.join(left)}) and is made anew: "
        f"move it elsewhere to keep them, or delete {' and '.join(str(results / old) for old in left)}"
    )


def renamed_keys(config: Any) -> Iterator[tuple[list[str], str]]:
    """Yield the path of each old key in a configuration, and the new key."""
    for place, new in RENAMED.items():
        yield from ((path, new) for path in paths_of(config, place.split(".")))


def paths_of(node: Any, pattern: list[str]) -> Iterator[list[str]]:
    """Yield the paths below `node` that match a pattern; non-mappings, which the schema rejects, have none."""
    if not pattern:
        yield []
    elif isinstance(node, Mapping):
        for key in node if pattern[0] == "*" else {pattern[0]} & node.keys():
            yield from ([str(key), *rest] for rest in paths_of(node[key], pattern[1:]))
