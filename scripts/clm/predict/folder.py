"""A fitted model as a folder: settings.json, head.safetensors, the encoder as a checkpoint, and a model card.

Nothing in it is pickled. The encoder loads with transformers, the whole with `load_fitted`.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from safetensors.numpy import load_file, save_file

from clm.models.build import save_model
from clm.predict.checkpoint import load_checkpoint
from clm.predict.domain import Domain
from clm.predict.fitted import FittedModel, LabelModel
from clm.predict.forest import Forest, LogOdds
from clm.provenance.command import UserError
from clm.provenance.files import atomic, sha256_file, write_json
from clm.study.parts import read_object, read_part, told
from clm.tasks.linear_head import LinearHead
from clm.transfer.encoder import SmilesEncoder

TREES = {"forest": Forest, "log_odds": LogOdds}
HEAD, SETTINGS, ENCODER = "head.safetensors", "settings.json", "encoder"
ARRAYS = ("mean", "scale", "weights")
NUMBERS = ("intercept", "penalty")
CARD = """\
# {task}: {method}

Predicts {labels} ({kind}) of molecules given as SMILES. `python scripts/predict.py FOLDER --molecules new.csv --out
predictions.csv` writes predictions with 90 % conformal intervals or sets, the nearest similarity to the labelled
molecules, and whether a molecule lies in the domain.

- Data: {molecules} molecules of the task `{task}` (part: {part}).
- Score: {chosen}
  {out_of_fold} on molecules left out at random from the data of this model.
- Limits: intervals hold for molecules drawn like the labelled ones, on average; far from them (`in_domain` false) they
  promise nothing.
"""


def save_fitted(model: FittedModel, folder: Path) -> None:
    """Write a fitted model, in place of one that is there.

    settings.json is deleted first and written last, so that a folder without it is recognized as unfinished.
    """
    settings = dict(model.settings)
    (folder / SETTINGS).unlink(missing_ok=True)
    if model.encoder is None:
        shutil.rmtree(folder / ENCODER, ignore_errors=True)
    if model.encoder is not None:
        save_model(model.encoder.model_, Path(model.encoder.checkpoint), folder / ENCODER)
        settings["encoder_sha256"] = sha256_file(folder / ENCODER / "model.safetensors")
    tensors: dict[str, np.ndarray] = {"domain.fingerprints": model.domain.fingerprints}
    kinds = []
    for number, label in enumerate(model.models.values()):
        trees = [kind for kind, of in TREES.items() if type(label.predictor) is of]
        kinds.append(trees[0] if trees else label.predictor.kind)
        parts = arrays_of(label.predictor) | {"y": label.y, "unseen": label.unseen}
        tensors |= {f"{number}.{name}": np.ascontiguousarray(value) for name, value in parts.items()}
    settings |= {"predictors": kinds, "threshold": model.domain.threshold, "tokens": sorted(model.domain.tokens)}
    with atomic(folder / HEAD) as temporary:
        save_file(tensors, temporary)
    with atomic(folder / "README.md") as temporary:
        temporary.write_text(card(model), encoding="utf-8")
    write_json(folder / SETTINGS, settings)


def arrays_of(predictor: LinearHead | Forest) -> dict[str, np.ndarray]:
    """Return the arrays of a predictor."""
    if isinstance(predictor, Forest):
        return predictor._asdict()
    numbers = {name: np.array(getattr(predictor, name), dtype=np.float64) for name in NUMBERS}
    return {name: getattr(predictor, name) for name in ARRAYS} | numbers


def load_fitted(folder: Path) -> FittedModel:
    """Read a folder of `save_fitted`.

    Raises:
        UserError: a file is absent or damaged, or the encoder is not the one that the head was fitted on.
    """
    if not (folder / SETTINGS).is_file() or not (folder / HEAD).is_file():
        raise UserError(
            f"{folder}: no fitted model (settings.json and head.safetensors); name a folder that --save wrote"
        )
    settings, tensors = read_part(folder / SETTINGS, read_object), read_part(folder / HEAD, load_file)
    encoder = load_own_encoder(folder, settings) if "encoder_sha256" in settings else None
    try:
        return assembled(settings, encoder, tensors)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{folder}: settings.json and head.safetensors do not fit ({told(error)}); check that it was copied whole"
        ) from error


def load_own_encoder(folder: Path, settings: dict[str, Any]) -> SmilesEncoder:
    """Return the encoder of a saved model, checked to have the weights and tokens that the head was fitted on."""
    encoder = load_checkpoint(folder / ENCODER)
    same = sha256_file(folder / ENCODER / "model.safetensors") == settings["encoder_sha256"]
    if not same or sorted(encoder.tokenizer_.get_vocab()) != settings.get("tokens"):
        raise UserError(
            f"{folder}: its encoder is another one than the head was fitted on; check that it was copied whole"
        )
    return encoder


def assembled(settings: dict[str, Any], encoder: SmilesEncoder | None, tensors: dict[str, np.ndarray]) -> FittedModel:
    """Return the model that settings and arrays describe."""
    models = {}
    for number, (name, kind) in enumerate(zip(settings["labels"], settings["predictors"], strict=True)):
        parts = {key.split(".", 1)[1]: value for key, value in tensors.items() if key.startswith(f"{number}.")}
        models[name] = LabelModel(predictor_of(kind, parts), parts["y"], parts["unseen"])
    domain = Domain(tensors["domain.fingerprints"], frozenset(settings["tokens"]), settings["threshold"])
    needed = {"task", "kind", "method", "part", "score", "split", "molecules"}
    if needed - set(settings):
        raise KeyError(f"no {sorted(needed - set(settings))[0]}")
    return FittedModel(settings, encoder, models, domain)


def predictor_of(kind: str, parts: dict[str, np.ndarray]) -> LinearHead | Forest:
    """Return a predictor from its arrays."""
    if kind in TREES:
        return TREES[kind](**{name: parts[name] for name in Forest._fields})
    numbers = {name: parts[name].item() for name in NUMBERS}
    return LinearHead(**{name: parts[name] for name in ARRAYS}, **numbers, kind=kind, score=None)


def card(model: FittedModel) -> str:
    """Return the model card: the Hub's metadata, data, scores and limits."""
    told: dict[str, Any] = model.settings
    metric = "RMSE" if told["kind"] == "regression" else "1 - AUC"
    header = yaml.safe_dump({"library_name": "clm", "tags": ["chemistry", "smiles", told["kind"]]}, sort_keys=False)
    labels = ", ".join(f"{name} {error(label, told['kind']):.3g}" for name, label in model.models.items())
    chosen = "the method was named, not chosen by a score;"
    if told["score"] is not None and np.isfinite(told["score"]):  # a folder without a score holds None
        score = f"cross-validated {metric} {told['score']:.3g}"
        chosen = f"{score} inside the training part of the split {told['split']}, by which the method was chosen;"
    shown = told | {"labels": ", ".join(told["labels"]), "chosen": chosen}
    return f"---\n{header}---\n\n{CARD.format(**shown | {'out_of_fold': f'{metric} {labels}'})}"


def error(label: LabelModel, kind: str) -> float:
    """Return the out-of-fold error of a label: RMSE, or 1 - AUC."""
    from clm.tasks.scores import auc

    if kind == "classification":
        return 1 - auc(label.y, label.unseen)
    return float(np.sqrt(np.mean(np.square(label.y - label.unseen))))
