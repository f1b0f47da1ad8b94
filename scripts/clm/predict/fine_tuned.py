"""A fine-tuned model for new molecules: the checkpoint fine-tuned again as the study did it, on labelled molecules."""

import numpy as np
from tqdm import tqdm

from clm.predict.checkpoint import load_checkpoint
from clm.predict.conformal import molecule_folds
from clm.predict.methods import Method, StudyTask
from clm.tasks.linear_head import LinearHead
from clm.transfer.encoder import SmilesEncoder
from clm.transfer.finetune import FineTunedModel, FineTuner, LabelScaler, predict
from clm.transfer.tokens import encode


def fit_fine_tuned(
    method: Method, study: StudyTask, rows: np.ndarray
) -> tuple[SmilesEncoder, dict[str, LinearHead], np.ndarray]:
    """Fine-tune a checkpoint with the settings, learning rate and first seed of the study.

    The result has the form of a linear probe: an encoder, its weights replaced by the fine-tuned ones, and a head for
    each label.

    Args:
        method: with `fine_tuning`.
        study: the task.
        rows: int64 (m,), positions of the labelled molecules.

    Returns:
        Encoder, heads by label, and predictions float64 (m, L) of ten models that did not see the molecule.
    """
    how = method.fine_tuning
    encoder = load_checkpoint(method.checkpoint)
    shard = encode(study.task.smiles, encoder.tokenizer_, encoder.kind_)
    tuner = FineTuner(encoder.model_, len(study.task.names), study.kind, how["settings"])
    unseen = np.full((len(rows), len(study.task.names)), np.nan)
    for held in tqdm(molecule_folds([study.task.same[row] for row in rows]), unit="folds", disable=None):
        found = tuner.run(study.task, shard, np.delete(rows, held), how["learning_rate"], how["seed"])
        unseen[held] = predict(*found, shard, rows[held], study.kind)
    tuned, scaler = tuner.run(study.task, shard, rows, how["learning_rate"], how["seed"])
    encoder.model_.roberta_prelayernorm.load_state_dict(tuned.encoder.state_dict())
    return encoder, heads_of(tuned, scaler, study), unseen


def heads_of(tuned: FineTunedModel, scaler: LabelScaler, study: StudyTask) -> dict[str, LinearHead]:
    """Return the head of each label, in units of the label, for features as they are."""
    weights, biases = (p.detach().cpu().double().numpy() for p in (tuned.head.weight, tuned.head.bias))
    width, heads = weights.shape[1], {}
    for column, name in enumerate(study.task.names):
        mean, sd = scaler.mean[column], scaler.sd[column]
        slope, intercept = weights[column] * sd, float(biases[column] * sd + mean)
        heads[name] = LinearHead(np.zeros(width), np.ones(width), slope, intercept, study.kind, np.nan, None)
    return heads
