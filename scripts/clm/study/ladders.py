"""Ladders: families of external models whose sizes or amounts of training are known, and their untrained twins."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

# The minimum for a net gain (clm.statistics.net_gain.MIN_INITIALIZATIONS; not imported: rules would load pandas)
TWINS = 3
UNKNOWN = "unknown"  # subset or budget of a model that does not report it


def key_of(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names that identify a model of a ladder in the tables of a study: size, subset, seed, budget.

    Args:
        name: of the external model.
        entry: its entry in the ladder.
    """
    size = name if entry["parameters"] is None else f"{entry['parameters']:g}"
    subset, budget = (UNKNOWN if entry.get(key) is None else f"{entry[key]:g}" for key in ("molecules", "tokens"))
    return {"size": size, "subset": subset, "seed": entry.get("seed", 0), "budget": entry.get("stage", budget)}


def twins_of(ladder: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return {size: external models that are its untrained twins}; models of one size share them."""
    found: dict[str, list[str]] = {}
    for name, entry in ladder["models"].items():
        known = found.setdefault(key_of(name, entry)["size"], [])
        known += [twin for twin in entry.get("untrained", []) if twin not in known]
    return found


def expand_ladders(config: dict[str, Any]) -> None:
    """Add untrained twins to `external_models` for each size of a ladder that names none; idempotent."""
    models = config["external_models"]
    for ladder in config["ladders"].values():
        named = twins_of(ladder)
        for name, entry in ladder["models"].items():
            size = key_of(name, entry)["size"]
            if named[size] or name not in models:
                continue
            named[size] = [f"{name}_untrained{seed}" for seed in range(TWINS)]
            made = {twin: models[name] | {"untrained_seed": seed} for seed, twin in enumerate(named[size])}
            models |= {twin: models.get(twin, entry) for twin, entry in made.items()}  # a user's own is kept
            entry["untrained"] = named[size]


def ladder_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield errors of ladders that a schema cannot detect."""
    rungs = {name for told in config["ladders"].values() for name in told["models"]}
    for ladder, told in config["ladders"].items():
        place = f"ladders.{ladder}.models"
        if (source := config["corpora"][told["corpus"]].get("shuffle_tokens_of")) is not None:
            yield f"ladders.{ladder}.corpus: {told['corpus']} has no molecules of its own to validate on; name {source}"
        keys = {name: tuple(key_of(name, entry).values()) for name, entry in told["models"].items()}
        counts = Counter(keys.values())
        equal = [name for name, key in keys.items() if counts[key] > 1]
        if equal:
            yield f"{place}: {', '.join(equal)} have the same parameters, tokens and molecules; give each a `seed`"
        for name, entry in told["models"].items():
            if trained := sorted(rungs.intersection(entry.get("untrained", []))):
                yield f"{place}.{name}.untrained: {', '.join(trained)} is a model of a ladder, not an untrained twin"
            if "untrained_seed" in config["external_models"][name]:
                yield f"{place}.{name}: is an untrained twin; name it under `untrained` of the model that it belongs to"


def loss_models(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (external model, corpus) of the models of ladders whose loss must be measured because it is not given."""
    found = [
        (name, told["corpus"])
        for told in config["ladders"].values()
        for name, entry in told["models"].items()
        if "loss" not in entry
    ]
    return list(dict.fromkeys(found))


def external_names(ladder: Mapping[str, Any]) -> list[str]:
    """Return the external models of a ladder, twins last."""
    twins = [name for names in twins_of(ladder).values() for name in names]
    return list(dict.fromkeys([*ladder["models"], *twins]))
