"""Readable names for the names in tables: modes, tasks, baselines, sizes, budgets, axes."""

import re

from clm.tables.columns import BASELINE, FINE_TUNED, LINEAR_PROBE, UNTRAINED
from clm.wording.predictors import name_predictors

ELSEWHERE = "elsewhere"  # external models; in tables they are baselines, distinguished from the study's by their names
MODES = {
    LINEAR_PROBE: "linear probe",
    FINE_TUNED: "fine-tuned",
    UNTRAINED: "untrained, linear probe",
    f"{FINE_TUNED}, {UNTRAINED}": "untrained, fine-tuned",
    BASELINE: "without pretraining",
    ELSEWHERE: "pretrained elsewhere",
}
AXES = {"D": "tokens", "N": "parameters", "U": "molecules", "C": "compute"}
BASELINES = {
    "ecfp_forest": "fingerprint forest",
    "ecfp_boosting": "fingerprint boosting",
    "token_counts": "token counts",
    "descriptor_linear": "RDKit descriptors, linear",
    "combined_forest": "fingerprint + descriptors, forest",
    "combined_boosting": "fingerprint + descriptors, boosting",
    "dmpnn": "D-MPNN",
    "attentive_fp": "AttentiveFP",
    "graph_conv": "GraphConv",
    "mpnn": "MPNN",
}
TASKS = {
    "bace": "BACE",
    "esol": "ESOL",
    "freesolv": "FreeSolv",
    "lipo": "lipophilicity",
    "caco2": "Caco-2",
    "vdss": "volume of distribution",
    "half_life": "half-life",
    "herg": "hERG",
    "pgp": "P-gp",
    "ppbr": "plasma protein binding",
    "aqsoldb": "AqSolDB",
    "clintox": "ClinTox",
    "tox21": "Tox21",
    "toxcast": "ToxCast",
    "muv": "MUV",
    "hia": "intestinal absorption",
    "bbb_martins": "BBB (Martins)",
    "mdck_mdr1": "MDCK-MDR1",
    "ames": "Ames",
    "pampa": "PAMPA",
    "biogen_hlm": "HLM clearance",
    "biogen_rlm": "RLM clearance",
    "biogen_efflux": "MDR1 efflux",
    "biogen_solubility": "solubility (Biogen)",
    "biogen_hppb": "human protein binding (Biogen)",
    "biogen_rppb": "rat protein binding (Biogen)",
}
CORPORA = {"zinc": "ZINC", "pubchem": "PubChem"}
METRICS = {"auc": "1 − AUC", "rmse": "RMSE"}  # as errors, lower is better
SPLITS = {"scaffold_balanced": "balanced scaffold"}
CAPITALS = ("bbbp", "dili", "hiv", "sider", "qm7", "qm8", "qm9", "ld50")
PROPERTIES = {"logp": "logP", "tpsa": "TPSA", "qed": "QED", "rings": "rings", "amides": "amides"}


def mode_name(mode: str) -> str:
    """Return the readable name of a mode of transfer, or kind of model; sentinels are unchanged."""
    return MODES.get(mode, mode)


def split_name(split: str) -> str:
    """Return the readable name of a split: "balanced scaffold" for scaffold_balanced; others without underscores."""
    return SPLITS.get(split, split.replace("_", " "))


def corpus_name(corpus: str) -> str:
    """Return the readable name of a corpus, such as "ZINC"; others without underscores."""
    if corpus.endswith("_shuffled"):
        return f"shuffled {corpus_name(corpus.removesuffix('_shuffled'))}"
    return CORPORA.get(corpus, corpus.replace("_", " "))


def baseline_name(name: str) -> str:
    """Return the readable name of a baseline; external models keep their name in the study."""
    return BASELINES.get(name, name)


def kind_of(kind: str, model: str) -> str:
    """Return the kind of a model in a table of scores, with external models distinguished from baselines.

    External models may not have names of baselines. Twins are untrained: those that a ladder adds, and others with such
    names.
    """
    if kind != BASELINE or model in BASELINES:
        return kind
    return UNTRAINED if re.search(r"_untrained\d*$", model) else ELSEWHERE


def task_name(name: str) -> str:
    """Return the readable name of a task: "BACE", "logP (control)", "CYP2D6 substrate"; others without underscores."""
    if name.startswith("control_"):
        kind, *rest = name.removeprefix("control_").split("_")
        told = PROPERTIES.get(kind, kind)
        if len(rest) == 2 and all(re.fullmatch(r"[\d.]+", part) for part in rest):
            molecules, noise = rest
            told += f", n = {int(molecules)}" + (f", noise {noise}" if float(noise) else "")
        elif rest:
            told += " " + " ".join(rest)
        return f"{told} (control)"
    if name in CAPITALS:
        return name.upper()
    if found := re.fullmatch(r"(cyp\w+?)_(\w+)", name):
        return f"{found[1].upper()} {found[2]}"
    if found := re.fullmatch(r"ace_(chembl\d+)_(\w+)", name):
        return f"{found[1].upper()} {({'ki': 'Ki', 'ec50': 'EC50'}).get(found[2], found[2])}"
    return TASKS.get(name, name.replace("_", " "))


def scale_name(name: str) -> str:
    """Return a size, subset or budget as a number: "t25m" is "25M", "1580k" is "1.58M"; others without underscores."""
    found = re.fullmatch(r"[a-zA-Z]*?(\d+(?:\.\d+)?)([kmgKMG]?)", name)
    if not found:
        return name.replace("_", " ")
    return short_number(float(found[1]) * {"": 1, "k": 1e3, "m": 1e6, "g": 1e9}[found[2].lower()])


def readable(text: str) -> str:
    """Return a sentence with readable names of modes, splits, tasks, baselines, predictors, corpora and budgets."""
    text = name_predictors(text.replace("(all) splits", "all splits"))
    text = re.sub(r"\bper doubling of ([DNUC])\b", lambda found: f"per doubling of {AXES[found[1]]}", text)
    text = re.sub(rf"\b({'|'.join(CORPORA)})(_shuffled)?\b", lambda found: corpus_name(found[0]), text)
    text = re.sub(rf"\b({'|'.join(BASELINES)})\b", lambda found: baseline_name(found[0]), text)
    for split, name in SPLITS.items():
        text = re.sub(rf"\b{split}\b", name, text)
    modes = {mode: mode_name(mode) for mode in (LINEAR_PROBE, FINE_TUNED)}
    text = re.sub(r"\b(" + "|".join(modes) + r")\b", lambda found: modes[found[0]], text)
    scales = r"\bt\d+(?:\.\d+)?[kmg]?\b|(?<![\w.,/-])\d+(?:\.\d+)?[kmg]\b"
    text = re.sub(scales, lambda found: scale_name(found[0]), text)
    tasks = rf"\b(?:control_[\w.]*\w|cyp\d\w+?_\w+|{'|'.join([*TASKS, *CAPITALS])})\b"
    return re.sub(tasks, lambda found: task_name(found[0]), text)


def model_name(name: str, kind: str) -> str:
    """Return the readable name of a model of a kind in a table: a baseline, an external model, or a size."""
    return baseline_name(name) if kind in (BASELINE, ELSEWHERE) else scale_name(name)


def short_number(value: float) -> str:
    """Return 1200000 as 1.2M, .35 as 0.35."""
    for factor, letter in ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor * 0.9995:
            return f"{value / factor:.3g}{letter}"
    return f"{value:.3g}"


def listed(names: list[str], none: str = "none") -> str:
    """Return the joined names: "a", "a and b", "a, b and c"."""
    if len(names) < 2:
        return names[0] if names else none
    return f"{', '.join(names[:-1])} and {names[-1]}"


def percent(value: float) -> str:
    """Return a relative change as percent without its sign: two significant digits, at most one decimal."""
    size = abs(100 * value)
    return f"{size:.0f} %" if size >= 9.95 else f"{size:.1f} %"


def change(fall: float) -> str:
    """Return a relative fall in words: "falls by 2.1 %", "rises by 0.7 %"."""
    return f"{'falls' if fall >= 0 else 'rises'} by {percent(fall)}"


def interval(low: float, high: float) -> str:
    """Return a 95 % interval of relative changes, in percent: "[-0.4, 0.9]"."""
    return f"[{signed(low)}, {signed(high)}]"


def signed(value: float) -> str:
    """Return a fraction in percent: one decimal below 10, no "-0.0"."""
    size = 100 * value
    return f"{size:.0f}" if abs(size) >= 9.95 else f"{round(size, 1) + 0.0:.1f}"


def changed(fall: float, low: float, high: float) -> str:
    """Return a relative fall with its interval: "falls by 1.4 % [-1.0, 3.7]"; for a rise, both are given as rises."""
    return f"{change(fall)} {interval(low, high) if fall >= 0 else interval(-high, -low)}"
