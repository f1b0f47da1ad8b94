"""Map one trunk in parameter space: its start, its checkpoints and their fine-tuned end points."""

from pathlib import Path
from typing import Any

from clm.landscape.parameters import encoder_weights, flatten, principal_components, random_walk
from clm.provenance.command import run
from clm.provenance.files import atomic, write_json


def map_parameters(
    start: Path, checkpoints: list[Path], endpoints: list[Path], settings: dict[str, Any], out: Path, variance: Path
) -> None:
    """Write coordinates of all points and of a random walk with the same steps, and the explained variances.

    Args:
        start: weights before pretraining.
        checkpoints: weights at each budget, in the order of `settings["budgets"]`.
        endpoints: weights fine-tuned from the last checkpoint, in the order of `settings["tasks"]`.
        settings: `budgets`, `tasks`, `seed` of the random walk.
        out: CSV of point, kind, budget, task, pc1, pc2, walk1, walk2.
        variance: JSON of explained_variance and null_explained_variance.
    """
    budgets, tasks = settings["budgets"], settings["tasks"]
    rows = flatten([encoder_weights(path) for path in (start, *checkpoints, *endpoints)])
    last = len(budgets)
    parents = [0, *[max(0, i - 1) for i in range(1, last + 1)], *[last] * len(tasks)]
    coordinates, share = principal_components(rows)
    walk, null_share = principal_components(random_walk(rows, parents, settings["seed"]))
    kinds = ["initial", *["checkpoint"] * last, *["finetuned"] * len(tasks)]
    names = [("0", ""), *[(budget, "") for budget in budgets], *[(budgets[-1], task) for task in tasks]]
    lines = [
        ",".join([str(i), kind, *name, *map(repr, [*map(float, coordinates[i]), *map(float, walk[i])])])
        for i, (kind, name) in enumerate(zip(kinds, names, strict=True))
    ]
    with atomic(out) as temporary:
        temporary.write_text("\n".join(["point,kind,budget,task,pc1,pc2,walk1,walk2", *lines]) + "\n", encoding="utf-8")
    write_json(variance, {"explained_variance": share.tolist(), "null_explained_variance": null_share.tolist()})


if __name__ == "__main__":
    run(map_parameters)
