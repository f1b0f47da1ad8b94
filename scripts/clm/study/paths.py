"""Paths of the results of each cell below the folder of a study, shared by rules and scripts."""

from pathlib import Path

from clm.study.grid import Baseline, Checkpoint, Probe, Trunk

PROBED = "transfer/linear_probe"  # folder of the scores of linear probes
FINE_TUNED = "transfer/fine_tuned"  # folder of the scores of fine-tuned models
CHECKPOINT = ("model.safetensors", "config.json", "metrics.json")  # files of a checkpoint that scores depend on
TOKENIZER = ("tokenizer.json", "vocabulary.json")  # files of a vocabulary
STATE = ".state"  # folder of state that jobs save for the next attempt: not outputs, may be removed at any time


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


def probe_store(root: Path | str, trunk: Trunk) -> Path:
    """Return the folder of the stored linear-probe results of one trunk (see clm.provenance.store)."""
    return Path(root) / STATE / "linear_probe" / below(trunk)


def task_molecules(root: Path | str, task: str) -> Path:
    """Return the table of the molecules of a task."""
    return Path(root) / "tasks" / task / "molecules.csv"


def task_split(root: Path | str, task: str, split: str, seed: int) -> Path:
    """Return the CSV that divides a task."""
    return Path(root) / "tasks" / task / "splits" / f"{split}-{seed}.csv"


def fine_tuned(root: Path | str, cell: Checkpoint, task: str) -> Path:
    """Return the JSON of the fine-tuning of one checkpoint on one task (all seeds and splits)."""
    return Path(root) / FINE_TUNED / below(cell.trunk) / cell.budget / f"{task}.json"


def fine_tuning_store(root: Path | str, cell: Checkpoint) -> Path:
    """Return the folder of the stored fine-tuning results of one checkpoint (see clm.provenance.store)."""
    return Path(root) / STATE / "fine_tuned" / below(cell.trunk) / cell.budget


def baseline(root: Path | str, cell: Baseline) -> Path:
    """Return the JSON of one baseline on one task."""
    return Path(root) / "transfer" / "baselines" / cell.baseline / f"{cell.task}.json"


def curvature(root: Path | str, cell: Checkpoint) -> Path:
    """Return the JSON of the curvature of one checkpoint."""
    return Path(root) / "curvature" / below(cell.trunk) / cell.budget / "metrics.json"
