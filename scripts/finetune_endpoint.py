"""Fine-tune one checkpoint on one task and keep the encoder's weights: an end point on the parameter-space map."""

from pathlib import Path
from typing import Any

from clm.chemistry.keys import smiles_key
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import parser, run
from clm.provenance.files import atomic, read_json
from clm.provenance.state import watch_signals
from clm.tasks.table import load_split, load_task
from clm.transfer.finetune import finetune
from clm.transfer.tokens import tokenize
from safetensors.torch import save_file


def finetune_endpoint(
    checkpoint: Path, tokenizer: Path, rate: Path, molecules: Path, split: Path, config: dict[str, Any], out: Path
) -> None:
    """Write the encoder's weights after fine-tuning (safetensors, names as in the checkpoint).

    Args:
        checkpoint: folder of the model.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        rate: JSON with the learning rate of this size.
        molecules: molecules.csv of the task.
        split: CSV of the split whose training part is used.
        config: `kind`, `labels`, `seed`, `settings` of fine-tuning.
        out: safetensors file.
    """
    task = load_task(molecules, config["labels"])
    shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
    settings = config["settings"] | {"learning_rate": read_json(rate)["learning_rate"]}
    train = load_split(split, task.rows)["train"]
    model = load_model(checkpoint).to(device())
    tuned, _ = finetune(model, task, shard, train, config["kind"], settings, config["seed"])
    weights = {f"roberta_prelayernorm.{name}": value.cpu() for name, value in tuned.encoder.state_dict().items()}
    with atomic(out) as temporary:
        save_file(weights, temporary)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("checkpoint", "tokenizer", "rate", "molecules", "split", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    watch_signals()
    finetune_endpoint(a.checkpoint, a.tokenizer, a.rate, a.molecules, a.split, a.config, a.out)


if __name__ == "__main__":
    run(main)
