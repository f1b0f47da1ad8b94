"""External encoders: any model that AutoModel loads, checked before use."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clm.provenance.command import UserError
from clm.provenance.files import read_json

if TYPE_CHECKING:
    import torch

NEEDED = "needed: a hub id or a folder with config.json, a tokenizer and model.safetensors (or pytorch_model.bin)"
UNUSED = ("pooler",)  # pooled states are means over tokens
BUFFERS = ("position_ids", "token_type_ids", "inv_freq")


def options_of(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of from_pretrained; a folder has no revision."""
    hub = {} if Path(model["model"]).is_dir() else {"revision": model.get("revision", "main")}
    return hub | {"trust_remote_code": model.get("remote_code", False)}


def read_config(model: Mapping[str, Any]) -> Any:
    """Return the configuration of a model; folders of old versions need a `model_type` beside them.

    Raises:
        ValueError: there is no readable config.json, or its architecture is not specified.
    """
    from transformers import AutoConfig

    file = Path(model["model"]) / "config.json"
    if file.is_file() and "model_type" not in (settings := read_json(file)):
        if "model_type" not in model:
            raise ValueError("config.json has no model_type: name it with `model_type`, for example bert")
        return AutoConfig.for_model(model["model_type"], **settings)
    return AutoConfig.from_pretrained(model["model"], **options_of(model))


def load_external(model: Mapping[str, Any], place: str) -> "torch.nn.Module":
    """Return the encoder of an entry of external_models in eval mode, weights in float32.

    Weights come from safetensors, or from pytorch_model.bin read with weights_only=True: nothing is unpickled.

    Args:
        model: `model` (id or folder); optional: `revision`, `remote_code` (whether code of the model's repository
            may run), `model_type` (for a config.json without one), `untrained_seed` (for its untrained twin, with
            weights initialized from config.json).
        place: key of the entry, for messages.

    Raises:
        UserError: the model cannot be loaded, or its weights do not match its config.json.
    """
    from transformers import AutoModel, AutoModelForTextEncoding
    from transformers.utils import logging

    logging.set_verbosity_error()  # its report is checked below
    logging.disable_progress_bar()
    try:
        config = read_config(model)
        loader = AutoModelForTextEncoding if config.model_type.endswith("t5") else AutoModel
        make = initialized if "untrained_seed" in model else read_weights
        encoder, report = make(loader, config, model)
    except Exception as error:  # the code of a model may raise anything
        reason = (" ".join(str(error).split()) or type(error).__name__)[:300]
        raise UserError(f"{place}: {model['model']} cannot be loaded ({reason}); {NEEDED}") from error
    check_weights(encoder, report, place)
    if config.is_encoder_decoder and loader is AutoModel:
        encoder = encoder.get_encoder()
    return encoder.float().eval()


def read_weights(loader: Any, config: Any, model: Mapping[str, Any]) -> tuple["torch.nn.Module", dict[str, Any]]:
    """Return an encoder with its weights and the loading report of transformers."""
    import torch

    options = {"dtype": torch.float32, "weights_only": True, "output_loading_info": True}
    return loader.from_pretrained(model["model"], config=config, **options, **options_of(model))


def initialized(loader: Any, config: Any, model: Mapping[str, Any]) -> tuple["torch.nn.Module", dict[str, Any]]:
    """Return an encoder initialized from its configuration, without changing the global generator."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(model["untrained_seed"])
        encoder = loader.from_config(config, trust_remote_code=model.get("remote_code", False))
    return encoder, {"missing_keys": [], "unexpected_keys": []}


def check_weights(encoder: "torch.nn.Module", report: Mapping[str, Any], place: str) -> None:
    """Raise UserError when weights of the encoder are absent, of another shape, or left over.

    Weights of heads, which are not part of the encoder, may be left over; a pooler may be absent.
    """
    own = {name for name, _ in encoder.named_children()}
    prefix = f"{encoder.base_model_prefix}."
    missing = [name for name in report["missing_keys"] if not set(name.split(".")) & set(UNUSED)]
    surplus = [name for name in map(str, report["unexpected_keys"])
               if name.removeprefix(prefix).split(".")[0] in own and not name.endswith(BUFFERS)]  # fmt: skip
    faults = {
        "lack": missing,
        "have another shape than config.json says for": [str(item[0]) for item in report.get("mismatched_keys", ())],
        "hold more than config.json describes:": surplus,
    }
    for what, names in faults.items():
        if names:
            raise UserError(
                f"{place}: the weights {what} {len(names)} tensors, the first is {sorted(names)[0]}; parts of the "
                "encoder would be random: give them the config.json that belongs to them"
            )


def length_limit(encoder: "torch.nn.Module", tokenizer_limit: int) -> int | None:
    """Return the maximum number of tokens of a model, or None if there is no limit.

    In the Roberta family positions start after the row of padding: 512 of 514 rows can be used.
    """
    limits = [tokenizer_limit] if tokenizer_limit < 10**6 else []
    for name, module in encoder.named_modules():
        if name.endswith("position_embeddings") and hasattr(module, "num_embeddings"):
            first = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(module.num_embeddings - first)
    if not limits and getattr(encoder.config, "max_position_embeddings", None):
        limits.append(encoder.config.max_position_embeddings)
    return min(limits, default=None)


def parameters(encoder: "torch.nn.Module") -> dict[str, int]:
    """Return the numbers of parameters, `total` and `non_embedding` (without token, position and type embeddings)."""
    import torch

    tables = [module for module in encoder.modules() if isinstance(module, torch.nn.Embedding)]
    inside = {id(parameter): parameter.numel() for table in tables for parameter in table.parameters()}
    total = sum(parameter.numel() for parameter in encoder.parameters())
    return {"total": total, "non_embedding": total - sum(inside.values())}
