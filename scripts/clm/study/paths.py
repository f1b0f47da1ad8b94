"""Where the results of each cell lie below the folder of a study; rules and tabulating scripts share these names."""

from pathlib import Path

from clm.study.grid import Baseline, Checkpoint, Probe, Trunk

PROBED = "transfer/linear_probe"  # folder of the scores of linear probes
FINE_TUNED = "transfer/fine_tuned"  # folder of the scores of fine-tuned models


def trunk_folder(root: Path | str, trunk: Trunk) -> Path:
    """Return the folder that holds the checkpoints of a trunk, one per token budget."""
    return Path(root) / "pretrain" / below(trunk)


def below(trunk: Trunk) -> Path:
    """Return corpus/size/subset/seedN, the part of a path that names a trunk."""
    return Path(trunk.corpus, trunk.size, trunk.subset, f"seed{trunk.seed}")


def checkpoint(root: Path | str, cell: Checkpoint) -> Path:
    """Return the Hugging Face folder of a checkpoint."""
    return trunk_folder(root, cell.trunk) / cell.budget


def linear_probe(root: Path | str, cell: Probe) -> Path:
    """Return the JSON of the linear probes of one trunk on one task (all budgets)."""
    return Path(root) / PROBED / below(cell.trunk) / f"{cell.task}.json"


def fine_tuned(root: Path | str, cell: Checkpoint, task: str) -> Path:
    """Return the JSON of the fine-tuning of one checkpoint on one task (all seeds and splits)."""
    return Path(root) / FINE_TUNED / below(cell.trunk) / cell.budget / f"{task}.json"


def baseline(root: Path | str, cell: Baseline) -> Path:
    """Return the JSON of one baseline on one task."""
    return Path(root) / "transfer" / "baselines" / cell.baseline / f"{cell.task}.json"


def curvature(root: Path | str, cell: Checkpoint) -> Path:
    """Return the JSON of the curvature of one checkpoint."""
    return Path(root) / "curvature" / below(cell.trunk) / cell.budget / "metrics.json"
