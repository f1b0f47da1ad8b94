"""Checkpoints as a scikit-learn transformer from SMILES to features."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from clm.models.build import load_model
from clm.models.device import device
from clm.provenance.command import UserError
from clm.provenance.files import read_json

CHUNK = 8192  # molecules whose features are computed at once; affects memory and rounding only


class SmilesEncoder(TransformerMixin, BaseEstimator):
    """Mean-pooled last hidden states of a pretrained checkpoint, as a step of a `sklearn.pipeline.Pipeline`.

    Args:
        checkpoint: folder of a checkpoint (config.json, model.safetensors, tokenizer.json).
        invalid: what `transform` does with a SMILES that RDKit cannot read: "raise" a ValueError, or "nan" for a row of
            NaN.

    Attributes:
        model_: the encoder, in eval mode.
        tokenizer_: its tokenizer.
        n_features_in_: 1, the column of SMILES.
    """

    def __init__(self, checkpoint: str | Path = "", invalid: str = "raise") -> None:
        """Store the settings; the checkpoint is read by `fit`."""
        self.checkpoint = checkpoint
        self.invalid = invalid

    def fit(self, X: Sequence[str], y: object = None) -> "SmilesEncoder":  # noqa: N803
        """Read the checkpoint; nothing is learned from X or y.

        Raises:
            UserError: the folder is not a checkpoint of this project.
            ValueError: `invalid` or the shape of X is not allowed.
        """
        if self.invalid not in ("raise", "nan"):
            raise ValueError(f"invalid must be 'raise' or 'nan', not {self.invalid!r}")
        column_of(X)
        self.model_, self.tokenizer_, self.kind_ = load_encoder(Path(self.checkpoint))
        self.n_features_in_ = 1
        return self

    def transform(self, X: Sequence[str]) -> np.ndarray:  # noqa: N803
        """Return features of SMILES, float32 (n, width).

        Raises:
            ValueError: a SMILES cannot be read and `invalid` is "raise".
        """
        from clm.tasks.queries import parse

        check_is_fitted(self, "model_")
        queries = parse([str(text) for text in column_of(X)])
        usable = queries.usable
        if len(usable) < len(queries.reasons) and self.invalid == "raise":
            first = next(row for row, reason in enumerate(queries.reasons) if reason)
            raise ValueError(f"row {first}: {queries.source_smiles[first]!r} is {queries.reasons[first]}")
        features = np.full((len(queries.reasons), self.width), np.nan, dtype=np.float32)
        if len(usable):
            features[usable] = self.features([queries.smiles[row] for row in usable])
        return features

    def features(self, smiles: list[str], progress: Callable[[int], object] = lambda molecules: None) -> np.ndarray:
        """Return features of canonical SMILES, float32 (n, width); `progress` gets the size of each chunk."""
        from clm.transfer.embed import embed
        from clm.transfer.tokens import encode

        features = np.empty((len(smiles), self.width), dtype=np.float32)
        for chunk in similar_chunks(smiles):
            shard = encode([smiles[i] for i in chunk], self.tokenizer_, self.kind_)
            features[chunk] = embed(self.model_, shard)
            progress(len(chunk))
        return features

    @property
    def width(self) -> int:
        """Number of features."""
        return self.model_.config["hidden_size"]

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the features, object (width,)."""
        check_is_fitted(self, "model_")
        return np.array([f"h{number}" for number in range(self.width)], dtype=object)

    def __sklearn_tags__(self) -> object:
        """Return the tags of the estimator, whose input is a column of text."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags


def similar_chunks(smiles: list[str]) -> Iterator[np.ndarray]:
    """Yield positions of at most CHUNK molecules of similar length, so that batches need little padding."""
    order = np.argsort([len(text) for text in smiles], kind="stable")
    for start in range(0, len(order), CHUNK):
        yield order[start : start + CHUNK]


def column_of(texts: Sequence[str]) -> np.ndarray:
    """Return a column of texts, given as a list, a series or a frame of one column, as an object array (n,)."""
    column = np.asarray(texts, dtype=object)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        raise ValueError(f"expected one column of SMILES, got an array of shape {column.shape}")
    return column


def load_encoder(folder: Path) -> tuple:
    """Return model, tokenizer and kind of tokens of a checkpoint.

    Raises:
        UserError: a file is absent or the weights do not fit config.json.
    """
    from tokenizers import Tokenizer

    needed = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    absent = [name for name in needed if not (folder / name).is_file()]
    if absent:
        raise UserError(
            f"{folder}: no checkpoint ({', '.join(absent)} missing); name a folder below results/*/pretrain"
        )
    if (kind := read_json(folder / "config.json").get("model_type")) != "roberta-prelayernorm":
        raise UserError(f"{folder}: a {kind} model; name it under `external_models` of a study")
    try:
        model = load_model(folder).to(device())
    except (RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"{folder}: weights and config.json do not fit ({reason}); check that the folder was copied whole"
        ) from error
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return model, tokenizer, read_json(folder / "tokenizer_config.json").get("kind", "atoms")
