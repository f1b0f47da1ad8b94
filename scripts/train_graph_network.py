"""Train a graph network from nothing on one task: all splits, all labels, test part."""

import logging
from pathlib import Path
from typing import Any

from clm.graphs.networks import molecular_graphs, require_package
from clm.graphs.training import fit_network
from clm.provenance.command import parser, run
from clm.provenance.cost import Meter
from clm.provenance.files import write_json
from clm.provenance.state import watch_signals
from clm.tables.columns import PRIMARY, SCAFFOLD
from clm.tasks.baselines import as_result, model_seeds
from clm.tasks.cells import prediction_columns, score_labels
from clm.tasks.predictions import write_predictions
from clm.tasks.table import load_split, load_task

log = logging.getLogger(__name__)


def train_graph_network(molecules: Path, splits: list[Path], config: dict[str, Any], out: Path) -> list[dict[str, Any]]:
    """Write the scores of a graph network; return the records of test predictions.

    Args:
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `config["splits"]`.
        config: `network`, `name` of the task, `kind`, `labels`, `splits`, `seeds`, `settings` of the network and its
            training.
        out: JSON with one cell per split, seed and label.

    Raises:
        UserError: the package of the network is not installed.
    """
    network = config["network"]
    require_package(network)
    task = load_task(molecules, config["labels"])
    graphs, collate = molecular_graphs(network, task.smiles)
    cells, records = [], []
    for path, (split, split_seed) in zip(splits, config["splits"], strict=True):
        parts = load_split(path, task.rows)
        for seed in model_seeds(config["seeds"], split != SCAFFOLD):
            fitted = (network, graphs, collate, task, parts, config["kind"], config["settings"], seed)
            prediction, epoch = fit_network(*fitted)
            keys = {
                "budget": None,
                "split": split,
                "split_seed": split_seed,
                "finetune_seed": seed,
                "features": PRIMARY,
            }
            found = score_labels(task, parts, prediction, config["kind"])
            cells += [cell | keys | {"selected": {"epoch": epoch}} for cell in found]
            records += prediction_columns(task, parts, prediction, **keys)
            log.info("%s %s, seed %s: error %s, epoch %s", split, split_seed, seed, found[-1]["error"], epoch)
    write_json(out, as_result(network, config["name"], cells))
    return records


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("molecules", "out", "predictions", "cost"):
        command.add_argument(f"--{name}", type=Path, required=True)
    command.add_argument("--splits", type=Path, nargs="+", required=True)
    a = command.parse_args(argv)
    watch_signals()
    with Meter() as meter:
        write_predictions(a.predictions, train_graph_network(a.molecules, a.splits, a.config, a.out))
    meter.write(a.cost)


if __name__ == "__main__":
    run(main)
