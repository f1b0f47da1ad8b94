"""A method fitted to one task, with everything needed for predictions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from clm.predict.baselines import Predictor, baseline_features, fitter
from clm.predict.checkpoint import finite_features, load_checkpoint
from clm.predict.conformal import intervals, out_of_fold, sets
from clm.predict.domain import Domain, make_domain
from clm.predict.fine_tuned import fit_fine_tuned
from clm.predict.methods import Method, StudyTask
from clm.predict.unseen import unseen_by_baseline, unseen_by_encoder
from clm.provenance.command import UserError
from clm.tasks.linear_head import fit_head
from clm.tasks.table import ID
from clm.tokens.regex import split
from clm.transfer.encoder import SmilesEncoder

# Columns of a table of predictions besides those of the labels
OTHER_COLUMNS = (ID, "smiles", "reason", "nearest_similarity", "unseen_token_fraction", "in_domain")


@dataclass(frozen=True)
class LabelModel:
    """The model of one label, its labels and their out-of-fold predictions, float64 (m,)."""

    predictor: Predictor
    y: np.ndarray
    unseen: np.ndarray


@dataclass(frozen=True)
class FittedModel:
    """A model of a task.

    Attributes:
        settings: task, kind, labels, method, score, part, molecules.
        encoder: of the features; None for a baseline.
        models: by label.
        domain: of the molecules that it was fitted on.
    """

    settings: dict[str, Any]
    encoder: SmilesEncoder | None
    models: dict[str, LabelModel]
    domain: Domain

    def predict(self, smiles: list[str]) -> pd.DataFrame:
        """Return predictions of canonical SMILES, a row for each.

        Columns per label: regression NAME, NAME_lower, NAME_upper (90 % interval); classification NAME (probability of
        class 1) and NAME_set (the classes in the 90 % set, "0", "1", "0 1" or ""). Then nearest_similarity,
        unseen_token_fraction and in_domain.

        Raises:
            UserError: a prediction is not finite.
        """
        x, columns = features(self.encoder, self.settings["method"], smiles, self.domain.tokens), {}
        for name, model in self.models.items():
            values = model.predictor.predict(x)
            if not np.isfinite(values).all():
                first = smiles[int(np.flatnonzero(~np.isfinite(values))[0])]
                raise UserError(f"the prediction of {name} for {first} is not finite; check the weights of the encoder")
            columns |= uncertain(name, values, model, self.settings["kind"])
        unseen = self.unseen(smiles)
        nearest, inside = self.domain.measure(smiles, unseen)
        told = {"nearest_similarity": nearest, "unseen_token_fraction": unseen, "in_domain": inside}
        return pd.DataFrame(columns | told)

    def unseen(self, smiles: list[str]) -> np.ndarray:
        """Return the fraction of the tokens of each molecule that are unknown to the method, float64 (n,)."""
        if self.encoder is None:
            return unseen_by_baseline(self.domain.tokens, smiles)
        return unseen_by_encoder(self.encoder, smiles)


def uncertain(name: str, values: np.ndarray, model: LabelModel, kind: str) -> dict[str, Any]:
    """Return the columns of one label: predictions, and their intervals or sets."""
    if kind == "regression":
        bounds = intervals(values, model.y, model.unseen)
        return {name: values, f"{name}_lower": bounds[:, 0], f"{name}_upper": bounds[:, 1]}
    held = sets(values, model.y, model.unseen)
    return {name: values, f"{name}_set": [" ".join(str(label) for label in (0, 1) if row[label]) for row in held]}


def features(encoder: SmilesEncoder | None, method: str, smiles: list[str], tokens: Iterable[str]) -> np.ndarray:
    """Return the features that a method reads, float (n, d); `tokens` are those of the labelled molecules."""
    if encoder is None:
        return baseline_features(method, smiles, tokens)
    return finite_features(encoder, smiles, lambda molecules: None)


def fit_model(method: Method, study: StudyTask, part: str = "all") -> FittedModel:
    """Fit a method on the labelled molecules of a task.

    Args:
        method: of the study.
        study: the task.
        part: "train" for the training part of the split, "all" for every labelled molecule.

    Raises:
        UserError: no molecule has a label, two columns of predictions would have one name, or the checkpoint cannot be
            read.
    """
    check_names(study.name, study.task.names)
    rows = study.parts["train"] if part == "train" else np.arange(len(study.task.smiles))
    smiles = [study.task.smiles[row] for row in rows]
    encoder, models = (fit_tuned if method.fine_tuning else fit_fixed)(method, study, rows)
    if not models:
        raise UserError(f"task {study.name}: no molecule of the {part} part has a label; name another part or task")
    vocabulary = None if encoder is None else frozenset(encoder.tokenizer_.get_vocab())
    told = {"task": study.name, "kind": study.kind, "labels": list(models), "method": method.name, "part": part}
    told |= {"score": method.score, "split": study.split, "molecules": len(rows)}
    return FittedModel(told, encoder, models, make_domain(smiles, vocabulary))


def check_names(task: str, labels: list[str]) -> None:
    """Raise UserError if a label has the name of another column of the predictions."""
    added = [f"{label}{end}" for label in labels for end in ("_lower", "_upper", "_set")]
    for label in labels:
        if label in (*OTHER_COLUMNS, *added):
            raise UserError(
                f"task {task}: its label {label!r} has the name of another column of the predictions; rename it in the "
                "table and under `labels:`"
            )


def fit_fixed(method: Method, study: StudyTask, rows: np.ndarray) -> tuple[SmilesEncoder | None, dict[str, LabelModel]]:
    """Return the encoder (None for a baseline) and the model of each label on fixed features."""
    smiles = [study.task.smiles[row] for row in rows]
    encoder = None if method.checkpoint is None else load_checkpoint(method.checkpoint)
    tokens = {token for text in smiles for token in split(text)}
    x = features(encoder, method.name, smiles, tokens)
    groups, models = study.task.groups[rows], {}
    for column, name in enumerate(study.task.names):
        y = study.task.labels[rows, column]
        known = np.flatnonzero(np.isfinite(y))
        if len(known) > 1:
            own = x[known], y[known], groups[known]
            fit = fitter(method.name, *own, study.kind) if encoder is None else fit_head
            models[name] = fit_label(fit, *own, [study.task.same[rows[i]] for i in known], study.kind)
    return encoder, models


def fit_tuned(method: Method, study: StudyTask, rows: np.ndarray) -> tuple[SmilesEncoder, dict[str, LabelModel]]:
    """Return the fine-tuned encoder and the model of each label."""
    encoder, heads, unseen = fit_fine_tuned(method, study, rows)
    models = {}
    for column, name in enumerate(study.task.names):
        y = study.task.labels[rows, column]
        known = np.isfinite(y) & np.isfinite(unseen[:, column])
        if known.sum() > 1:
            models[name] = LabelModel(heads[name], y[known], unseen[known, column])
    return encoder, models


def fit_label(
    fit: Callable[..., Predictor], x: np.ndarray, y: np.ndarray, groups: np.ndarray, same: list[str], kind: str
) -> LabelModel:
    """Return the model of one label.

    Args:
        fit: `fit_head`, or of `fitter`.
        x: float (m, d), features.
        y: float64 (m,), labels without gaps.
        groups: int64 (m,), scaffolds.
        same: identifier that equal molecules share.
        kind: "regression" or "classification".
    """

    def predict_held(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        predictor = fit(x[rows], y[rows], groups[rows], kind)
        return lambda held: predictor.predict(x[held])

    return LabelModel(fit(x, y, groups, kind), y, out_of_fold(predict_held, same))
