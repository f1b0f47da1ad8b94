"""How far two runs of one pretraining lie apart: on one thread, on two, on a GPU if there is one.

On one thread of one machine the promise is equal bytes. Elsewhere sums are rounded in another order; what becomes of it
is told as the share of weights that differ, the norm of their difference and the loss.
"""

import argparse
import itertools
import tempfile
from pathlib import Path
from typing import Any

import inputs
from harness import Case, main, run_party
from pretraining import trained, validation

CASE = {"size": "60k", "budget": 200_000, "seed": 0}
# Where a run takes place: name, whether a GPU may be seen, threads
PLACES = (("one thread", False, 1), ("two threads", False, 2), ("GPU", True, 1))


def train(case: Case) -> dict[str, Any]:
    """Pretrain once, save the weights where the case says and return the validation loss."""
    import torch
    from safetensors.torch import save_file

    if case["gpu"] and not torch.cuda.is_available():
        return {"measured": False}
    trainer, _ = trained(case)
    save_file({name: value.detach().cpu() for name, value in trainer.model.named_parameters()}, case["weights"])
    return {"measured": True, "loss": validation(trainer.model.eval()), "steps": trainer.progress.step}


def apart(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return how far two runs lie apart: weights that differ, relative norm of the difference, loss."""
    from safetensors.numpy import load_file

    mine, theirs = load_file(one["weights"]), load_file(other["weights"])
    differ = sum(int((mine[name] != theirs[name]).sum()) for name in mine)
    squares = sum(float(((mine[name] - theirs[name]).astype(float) ** 2).sum()) for name in mine)
    norm = sum(float((value.astype(float) ** 2).sum()) for value in mine.values())
    return {
        "weights_that_differ": differ,
        "weights": sum(value.size for value in mine.values()),
        "relative_norm": (squares / norm) ** 0.5,
        "loss_difference": abs(one["loss"] - other["loss"]),
    }


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Compare every two runs in one place, and the first run of each place with that on one thread."""
    inputs.prepare()
    rows, first = [], None
    with tempfile.TemporaryDirectory() as folder:
        for place, gpu, threads in PLACES:
            runs = []
            for repeat in range(arguments.repeats):
                case = CASE | {"gpu": gpu, "weights": str(Path(folder, f"{place}-{repeat}.safetensors"))}
                runs.append(case | run_party(__file__, "train", case, threads))
            if not runs[0]["measured"]:
                rows.append({"what": place, "measured": False})
                continue
            pairs = [apart(*pair) for pair in itertools.combinations(runs, 2)]
            rows.append(largest(f"{place}, {len(runs)} runs", pairs))
            if first is None:
                first = runs[0]
            else:
                rows.append(largest(f"{place} and {PLACES[0][0]}", [apart(first, runs[0])]))
    return {"case": CASE, "loss": first["loss"], "steps": first["steps"], "rows": rows}


def largest(what: str, pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of the pairs of runs: each figure at its largest."""
    return {"what": what, "measured": True} | {name: max(pair[name] for pair in pairs) for name in pairs[0]}


if __name__ == "__main__":
    main(__file__, measure, {"train": train})
