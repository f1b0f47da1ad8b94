"""Fine-tune one checkpoint on one task with up to two seeds: end points in parameter space, task loss between them."""

from pathlib import Path
from typing import Any

import torch
from clm.chemistry.keys import smiles_key
from clm.landscape.paths import line_losses
from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import run
from clm.provenance.files import atomic, read_json, write_json
from clm.tasks.table import Task, load_split, load_task
from clm.tokens.shards import Shard
from clm.training.masked_loss import pad_sequences
from clm.transfer.finetune import FineTunedModel, FineTuner, LabelScaler, label_loss
from clm.transfer.tokens import tokenize
from safetensors.torch import save_file
from torch import Tensor

MOLECULES = 500  # maximum number of molecules of the validation part


def finetune_endpoint(
    checkpoint: Path,
    tokenizer: Path,
    rate: Path,
    molecules: Path,
    split: Path,
    settings: dict[str, Any],
    out: list[Path],
    lines: Path,
) -> None:
    """Write the encoder's weights after fine-tuning (names as in the checkpoint) and the task loss on straight lines.

    One line leads from the pretrained encoder to that of the first seed, another from there to that of the second seed;
    the head is always that of the first seed. The loss is that of fine-tuning, on the validation part.

    Args:
        checkpoint: folder of the model.
        tokenizer: folder with tokenizer.json and vocabulary.json.
        rate: JSON with the learning rate of this size.
        molecules: molecules.csv of the task.
        split: CSV of the split whose training part is used.
        settings: `kind`, `labels`, `seeds`, `settings` of fine-tuning.
        out: safetensors file of each seed.
        lines: JSON of losses at 11 equal steps: `pretrained`, and `seeds` if there are two.
    """
    task = load_task(molecules, settings["labels"])
    shard = tokenize(task.smiles, tokenizer, [smiles_key(text) for text in task.smiles])
    peak = read_json(rate)["learning_rate"]
    parts = load_split(split, task.rows)
    model = load_model(checkpoint).to(device())
    tuners = [FineTuner(model, len(task.names), settings["kind"], settings["settings"]) for _ in settings["seeds"]]
    runs = [
        tuner.run(task, shard, parts["train"], peak, seed)
        for tuner, seed in zip(tuners, settings["seeds"], strict=True)
    ]
    for path, (tuned, _) in zip(out, runs, strict=True):
        weights = {f"roberta_prelayernorm.{name}": value.cpu() for name, value in tuned.encoder.state_dict().items()}
        with atomic(path) as temporary:
            save_file(weights, temporary)
    tuned, scaler = runs[0]
    ends = [copied(model.roberta_prelayernorm), *(copied(run.encoder) for run, _ in runs)]
    chosen = parts["valid"][:MOLECULES]

    def loss() -> float:
        return task_loss(tuned, scaler, task, shard, chosen, settings["kind"])

    pairs = zip(("pretrained", "seeds"), ends, ends[1:], strict=False)
    found = {name: line_losses(list(tuned.encoder.parameters()), (x, y), loss) for name, x, y in pairs}
    write_json(lines, found)


def copied(module: torch.nn.Module) -> list[Tensor]:
    """Return copies of the parameters of a module."""
    return [p.detach().clone() for p in module.parameters()]


@torch.no_grad()
def task_loss(tuned: FineTunedModel, scaler: LabelScaler, task: Task, shard: Shard, chosen: Any, kind: str) -> float:
    """Return the mean loss of fine-tuning over molecules at some positions: squared error in SDs, or log loss.

    NaN without molecules.
    """
    if not len(chosen):
        return float("nan")
    device = next(tuned.parameters()).device
    sequences = list(shard.take(chosen).sequences())
    pieces = [slice(i, i + 64) for i in range(0, len(chosen), 64)]
    output = torch.cat([tuned(torch.from_numpy(pad_sequences(sequences[piece])).to(device)) for piece in pieces])
    y = torch.from_numpy((task.labels[chosen] - scaler.mean) / scaler.sd).to(output)
    return label_loss(output, y, kind).item()


if __name__ == "__main__":
    run(finetune_endpoint, handles_sigterm=True)
