"""Construct the untrained encoder of one size and seed as a checkpoint with zero tokens."""

import shutil
from pathlib import Path
from typing import Any

from clm.models.build import TOKENIZER_FILES, load_model, parameters
from clm.models.card import write_card
from clm.models.device import device
from clm.models.initialize import architecture, save_untrained
from clm.provenance.command import parser, run
from clm.provenance.cost import Meter
from clm.provenance.files import atomic, read_json, write_json
from clm.tokens.shards import read_shard
from clm.tokens.vocabulary import class_ids
from clm.training.masked_loss import validation_loss


def initialize_model(config: dict[str, Any], tokenizer: Path, valid: dict[str, Path], folder: Path) -> None:
    """Write a Hugging Face folder with tokenizer, metrics.json and no training.

    Args:
        config: `size` (layers, width, heads), `max_tokens`, `seed`, `mask_share`, `identity`.
        tokenizer: folder of the tokenizer.
        valid: validation shard of each corpus.
        folder: of the checkpoint.
    """
    vocabulary = read_json(tokenizer / "vocabulary.json")
    layout = architecture(config["size"], len(vocabulary["tokens"]), config["max_tokens"])
    with atomic(folder / "model.safetensors") as temporary:
        made = temporary.parent / f"{temporary.name}.d"
        save_untrained(made, layout, config["seed"])
        for name in ("config.json",):
            shutil.move(made / name, folder / name)
        shutil.move(made / "model.safetensors", temporary)
        shutil.rmtree(made)
    for name in TOKENIZER_FILES:
        with atomic(folder / name) as temporary:
            shutil.copyfile(tokenizer / name, temporary)
    model = load_model(folder).to(device())
    losses = {
        corpus: validation_loss(model, read_shard(path), config["mask_share"], class_ids(vocabulary))
        for corpus, path in valid.items()
    }
    nothing = {"tokens": 0, "molecules": 0, "subset_tokens": 0, "epochs": 0, "flops": 0, "flops_6nd": 0, "steps": 0}
    told = {"status": "ok", "parameters": parameters(model), "validation": losses, "learning_rate": None}
    metrics = config["identity"] | nothing | told | {"optimizer": None}
    write_json(folder / "metrics.json", metrics)
    write_card(folder, metrics, config["max_tokens"])


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--tokenizer", type=Path, required=True)
    command.add_argument("--valid", nargs="+", required=True, help="validation shards in the order of config corpora")
    command.add_argument("--folder", type=Path, required=True)
    a = command.parse_args(argv)
    valid = dict(zip(a.config["corpora"], map(Path, a.valid), strict=True))
    with Meter() as meter:
        initialize_model(a.config, a.tokenizer, valid, a.folder)
    meter.write(a.folder / "cost.json", tokens=0)


if __name__ == "__main__":
    run(main)
