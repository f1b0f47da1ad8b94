"""The check of learning rates beside the study: what had the same training is compared, nothing else."""

from pathlib import Path

import pytest
import tabulate_rates
from clm.provenance.files import write_json
from clm.study import grid
from clm.study.merge import read_configuration
from clm.tables.frames import read_table

ROOT = Path(__file__).resolve().parents[3]
KEYS = {"corpus": "zinc", "budget_tokens": 1000, "tokens_read": 640}  # of the last rate, which may have diverged


def write_sweep(folder, size, losses):
    rates = [
        {"factor": factor, "learning_rate": 0.01 * factor, "loss": loss, "status": "ok" if loss else "diverged"}
        for factor, loss in zip((1, 2), losses, strict=True)
    ]
    write_json(folder / f"{size}.json", KEYS | {"size": size, "rates": rates})
    return folder / f"{size}.json"


def write_checkpoint(folder, size, loss, **other):
    metrics = {"size": size, "tokens": 1024, "learning_rate": 0.01, "status": "ok"}
    write_json(folder / f"{size}-metrics.json", metrics | {"validation": {"zinc": {"loss": loss}}} | other)
    return folder / f"{size}-metrics.json"


def test_the_checkpoint_of_the_same_training_is_told_beside_the_sweep(tmp_path):
    losses = {"same": (2.0, None), "apart": (2.0, 3.0), "faster": (2.0, 3.0), "lost": (2.0, 3.0)}
    losses |= {"bad": (None, None), "alone": (1.0, 2.0)}
    sweeps = [write_sweep(tmp_path, *item) for item in losses.items()]
    checkpoints = [write_checkpoint(tmp_path, "same", 2.0), write_checkpoint(tmp_path, "apart", 2.25)]
    checkpoints += [write_checkpoint(tmp_path, "faster", 2.5, learning_rate=0.03)]
    checkpoints += [write_checkpoint(tmp_path, "lost", None, status="diverged"), write_checkpoint(tmp_path, "bad", 2.0)]
    tabulate_rates.tabulate_rates(sweeps, checkpoints, tmp_path / "rates.csv")
    rows = read_table(tmp_path / "rates.csv").set_index(["size", "factor"])
    assert len(rows) == 12 and rows["difference"].dropna().to_dict() == {("same", 1): 0.0, ("apart", 1): 0.25}
    assert rows["trained_again"].dropna().to_dict() == {("same", 1): 2.0, ("apart", 1): 2.25}


@pytest.mark.parametrize(("study", "sizes"), [((), 4), (("studies/tiny.yaml",), 3), (("studies/gpu.yaml",), 7)])
def test_every_size_has_a_checkpoint_that_the_check_trains_again(study, sizes):
    config = read_configuration(*(ROOT / name for name in ("catalogue.yaml", "config.yaml", *study)))
    cells = grid.repeated_checkpoints(config)
    assert {cell.trunk.size for cell in cells} == set(grid.sizes(config)) and len(cells) == sizes
    config["pretraining"]["sweep"]["subset"] = "none of the grid"
    assert grid.repeated_checkpoints(config) == []
