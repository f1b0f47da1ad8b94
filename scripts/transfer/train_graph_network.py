"""Train a graph network from scratch on one task: all splits, all labels, test part."""

import logging
from pathlib import Path
from typing import Any

from clm.graphs.networks import molecular_graphs, require_package
from clm.graphs.training import fit_network
from clm.provenance.command import run
from clm.provenance.cost import metered
from clm.provenance.files import write_json
from clm.tables.columns import PRIMARY, SEEDLESS
from clm.tasks.baselines import baseline_result, model_seeds
from clm.tasks.cells import prediction_columns, score_labels
from clm.tasks.predictions import write_predictions
from clm.tasks.table import load_split, load_task

log = logging.getLogger(__name__)


def train_graph_network(
    molecules: Path, splits: list[Path], settings: dict[str, Any], out: Path, predictions: Path, cost: Path
) -> None:
    """Write the scores of a graph network and the test predictions.

    Args:
        molecules: molecules.csv of the task.
        splits: CSV of each split, in the order of `settings["splits"]`.
        settings: `network`, `name` of the task, `kind`, `labels`, `splits`, `seeds`, `settings` of the network and its
            training.
        out: JSON with one cell per split, seed and label.
        predictions: Parquet of test predictions.
        cost: JSON of the cost of the job.

    Raises:
        UserError: the package of the network is not installed.
    """
    with metered(cost):
        network = settings["network"]
        require_package(network)
        task = load_task(molecules, settings["labels"])
        graphs, collate = molecular_graphs(network, task.smiles)
        cells, records = [], []
        for path, (split, split_seed) in zip(splits, settings["splits"], strict=True):
            parts = load_split(path, task.rows)
            for seed in model_seeds(settings["seeds"], split not in SEEDLESS):
                fitted = (network, graphs, collate, task, parts, settings["kind"], settings["settings"], seed)
                prediction, epoch = fit_network(*fitted)
                keys = {
                    "budget": None,
                    "split": split,
                    "split_seed": split_seed,
                    "finetune_seed": seed,
                    "features": PRIMARY,
                }
                found = score_labels(task, parts, prediction, settings["kind"])
                cells += [cell | keys | {"selected": {"epoch": epoch}} for cell in found]
                records += prediction_columns(task, parts, prediction, **keys)
                log.info("%s %s, seed %s: error %s, epoch %s", split, split_seed, seed, found[-1]["error"], epoch)
        write_json(out, baseline_result(network, settings["name"], cells))
        write_predictions(predictions, records)


if __name__ == "__main__":
    run(train_graph_network, handles_sigterm=True)
