"""Readable names of the predictors in tables."""

import re

PREDICTORS = {
    "loss": "pretraining loss",
    "random": "random choice",
    "largest_model": "largest model",
    "flops": "pretraining compute",
    "domain_loss": "loss on the task's molecules",
    "domain_loss_excess": "excess loss on the task's molecules",
    "logme": "LogME",
    "knn": "nearest neighbours",
    "linear_probe": "linear probe",
    "rogi_xd": "ROGI-XD",
    "trace": "Hessian trace",
    "trace_per_parameter": "Hessian trace per parameter",
    "most_negative": "most negative eigenvalue",
    "encoder_trace": "Hessian trace of the encoder",
    "scale_aware_trace": "scale-aware trace",
    "encoder_scale_aware_trace": "scale-aware trace of the encoder",
    "effective_rank_fraction": "effective rank of the spectrum",
    "landscape_width": "width of the loss basin",
}
CLASSES = {
    "carbon": "carbon atoms",
    "heteroatom": "heteroatoms",
    "grammar": "bonds and rings",
    "bracket": "bracket atoms",
}
ORDINALS = {"1": "1st", "2": "2nd", "3": "3rd"}
WORDS = ("logme", "knn", "flops")  # names without an underscore that are not ordinary words
PATTERN = re.compile(
    rf"\b(?:(?:domain_)?loss_(?:{'|'.join(CLASSES)})|(?:sharpness|eigenvalue)_\d+|"
    rf"{'|'.join([name for name in PREDICTORS if '_' in name and name != 'linear_probe'] + list(WORDS))})\b"
)  # names that mean nothing else in a sentence


def predictor_name(name: str) -> str:
    """Return the readable name of a predictor: "loss on bracket atoms"; others without underscores."""
    if found := re.fullmatch(rf"(domain_)?loss_({'|'.join(CLASSES)})", name):
        owner = "the task's " if found[1] else ""
        return f"loss on {owner}{CLASSES[found[2]]}"
    if found := re.fullmatch(r"sharpness_(\d+)", name):
        return f"sharpness ({ORDINALS.get(found[1], found[1] + 'th')} radius)"
    return PREDICTORS.get(name, name.replace("_", " ").strip("()"))


def name_predictors(text: str) -> str:
    """Return a sentence with readable names of predictors."""
    return PATTERN.sub(lambda found: predictor_name(found[0]), text)
