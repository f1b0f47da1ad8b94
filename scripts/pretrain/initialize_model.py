"""Construct the untrained encoder of one size and seed as a checkpoint with zero tokens."""

import shutil
from pathlib import Path
from typing import Any

from clm.models.build import TOKENIZER_FILES, count_parameters, load_model
from clm.models.card import write_card
from clm.models.device import device
from clm.models.initialize import architecture, save_untrained
from clm.provenance.command import run
from clm.provenance.cost import metered
from clm.provenance.files import atomic, read_json, write_json
from clm.tokens.shards import read_shard
from clm.tokens.vocabulary import class_ids
from clm.training.masked_loss import validation_loss


def initialize_model(settings: dict[str, Any], tokenizer: Path, valid: list[Path], folder: Path) -> None:
    """Write a Hugging Face folder with tokenizer, metrics.json and no training.

    Args:
        settings: `size` (layers, width, heads), `max_tokens`, `seed`, `mask_fraction`, `identity`, `corpora`.
        tokenizer: folder of the tokenizer.
        valid: validation shard of each corpus, in the order of `settings["corpora"]`.
        folder: of the checkpoint.
    """
    with metered(folder / "cost.json", tokens=0):
        vocabulary = read_json(tokenizer / "vocabulary.json")
        layout = architecture(settings["size"], len(vocabulary["tokens"]), settings["max_tokens"])
        with atomic(folder / "model.safetensors") as temporary:
            made = temporary.parent / f"{temporary.name}.d"
            save_untrained(made, layout, settings["seed"])
            for name in ("config.json",):
                shutil.move(made / name, folder / name)
            shutil.move(made / "model.safetensors", temporary)
            shutil.rmtree(made)
        for name in TOKENIZER_FILES:
            with atomic(folder / name) as temporary:
                shutil.copyfile(tokenizer / name, temporary)
        model = load_model(folder).to(device())
        losses = {
            corpus: validation_loss(model, read_shard(path), settings["mask_fraction"], class_ids(vocabulary))
            for corpus, path in zip(settings["corpora"], valid, strict=True)
        }
        counts = ("tokens", "molecules", "subset_tokens", "epochs", "visits_least", "visits_mean", "visits_most")
        nothing = dict.fromkeys((*counts, "flops", "flops_6nd", "steps"), 0)
        told = {"status": "ok", "parameters": count_parameters(model), "validation": losses, "learning_rate": None}
        metrics = settings["identity"] | nothing | told | {"optimizer": None}
        write_json(folder / "metrics.json", metrics)
        write_card(folder, metrics, settings["max_tokens"])


if __name__ == "__main__":
    run(initialize_model)
