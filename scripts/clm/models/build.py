"""Checkpoints: folders in the format of Hugging Face transformers, read and written."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from clm.models.encoder import MaskedLM
from clm.provenance.files import atomic

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")


def load_model(folder: Path, attention: str = "sdpa", dtype: torch.dtype = torch.float32) -> MaskedLM:
    """Return the model of a checkpoint folder in eval mode (this project's, or one of the same architecture)."""
    config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    model = MaskedLM(config, attention)
    tensors = load_file(Path(folder) / "model.safetensors")
    tensors.pop("lm_head.decoder.weight", None)
    tensors.pop("lm_head.decoder.bias", None)
    model.load_state_dict(tensors)
    return model.to(dtype).eval()


def save_model(model: MaskedLM, template: Path, folder: Path) -> None:
    """Write a checkpoint folder: weights in float32, config.json and tokenizer files from `template`."""
    for name in ("config.json", *TOKENIZER_FILES):
        with atomic(Path(folder) / name) as temporary:
            shutil.copyfile(Path(template) / name, temporary)
    write_weights(model.state_dict(), Path(folder) / "model.safetensors")


def write_weights(state: Mapping[str, Tensor], path: Path) -> None:
    """Write the weights of a masked LM in float32, atomically, with the bias of the head under both of its names.

    Versions of transformers before 5 tie `lm_head.bias` to `lm_head.decoder.bias` and read only the second: without it
    they silently set the bias to 0.
    """
    tensors = {name: value.detach().float().cpu().contiguous() for name, value in state.items()}
    tensors.pop("lm_head.decoder.weight", None)  # the token embedding
    tensors["lm_head.decoder.bias"] = tensors["lm_head.bias"].clone()
    with atomic(path) as temporary:
        save_file(tensors, temporary, metadata={"format": "pt"})


def count_parameters(model: MaskedLM) -> dict[str, int]:
    """Return the numbers of parameters: `non_embedding` (layers with biases and norms), `total` (tied matrix once)."""
    inner = [model.roberta_prelayernorm.encoder, model.roberta_prelayernorm.LayerNorm]
    return {
        "non_embedding": sum(p.numel() for module in inner for p in module.parameters()),
        "total": sum(p.numel() for p in model.parameters()),
    }
