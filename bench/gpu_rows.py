"""The pure part of the GPU's benchmarks: the time left, the choice of the other party's settings, and the rows."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness import compared, measured

PEAK = 989.4e12  # dense bfloat16 operations/s of H100 SXM and H200 (NVIDIA H100 Tensor Core GPU data sheet)
Found = Mapping[tuple[str, str], list[dict[str, Any]]]  # by kind and size: answers of ours and theirs, one per round


class Budget:
    """Seconds that are left, and whether a case fits into them by what it took before."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start."""
        self.clock, self.end = clock, clock() + seconds
        self.took: dict[Any, float] = {}

    def left(self) -> float:
        """Return the seconds left."""
        return self.end - self.clock()

    def fits(self, case: Any) -> bool:
        """Return whether a case may start; one that never ran may whenever time is left."""
        return self.left() > self.took.get(case, 0.0)

    def note(self, case: Any, began: float) -> None:
        """Remember what a case took that began at a time of the clock."""
        self.took[case] = max(self.took.get(case, 0.0), self.clock() - began)


def best(tried: Sequence[Mapping[str, Any]], value: str, names: Sequence[str]) -> dict[str, Any] | None:
    """Return the settings `names` of the fastest that ran, or None."""
    ran = [row for row in tried if "error" not in row]
    if not ran:
        return None
    fastest = min(ran, key=lambda row: typical(row[value]))
    return {name: fastest[name] for name in names}


def typical(value: float | Sequence[float]) -> float:
    """Return the median of windows, or a single value as it is."""
    return statistics.median(value) if isinstance(value, list | tuple) else value


def pairs_of(answers: Sequence[Mapping[str, Any]], value: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return (ours, theirs) of every window, or run, that both parties have."""
    pairs = []
    for answer in answers:
        if {"ours", "theirs"} <= set(answer):
            sides = [answer[side][value] for side in ("ours", "theirs")]
            windows = zip(*(side if isinstance(side, list) else [side] for side in sides), strict=True)
            pairs += [({value: mine}, {value: other}) for mine, other in windows]
    return pairs


def all_of(answers: Sequence[Mapping[str, Any]], value: str) -> list[float]:
    """Return what all windows of ours measured."""
    return [one for answer in answers if "ours" in answer for one in answer["ours"][value]]


def comparison(kind: str, size: str, answers: Sequence[dict[str, Any]], value: str, unit: str) -> list[dict[str, Any]]:
    """Return the row of a size against the other party, if both ran, with what both reached."""
    pairs = pairs_of(answers, value)
    if not pairs:
        return []
    told = {
        name: {side: answers[0][side].get(name) for side in ("ours", "theirs")}
        for name in ("validation_loss", "tokens", "auc")
        if name in answers[0].get("ours", {}) and "theirs" in answers[0]
    }
    return [compared(f"{kind} gpu {size}", pairs, value, unit) | told | {"trainer": answers[0].get("settings")}]


def utilization(size: str, rates: Sequence[float]) -> dict[str, Any]:
    """Return the row of the share of the peak that training reaches."""
    shares = [rate / PEAK for rate in rates]
    told = {"ours": statistics.median(rates) / 1e12, "theirs": PEAK / 1e12, "unit": "TFLOP/s"}
    spread = {"ratio": statistics.median(shares), "spread": [min(shares), max(shares)]}
    return {"key": f"utilization gpu {size}"} | told | spread


def rows_of(found: Found, gpu: str) -> list[dict[str, Any]]:
    """Return all rows: comparisons, speed of every size, utilization of the kinds that are told for it."""
    rows = []
    for (kind, size), answers in found.items():
        if kind == "pretraining":
            rows += comparison(kind, size, answers, "microseconds_per_token", "us/token")
        if kind == "finetuning":
            rows += comparison(kind, size, answers, "seconds", "s")
        elif speeds := [1 / value for value in all_of(answers, "microseconds_per_token")]:
            note = "" if kind != "unfused" else " unfused"
            rows.append(measured(f"throughput gpu {size}{note}", speeds, "M tokens/s"))
    return rows + (utilizations(found) if peak_known(gpu) else [])


def utilizations(found: Found) -> list[dict[str, Any]]:
    """Return the utilization of each wide size as jobs could run it best, then the smallest of them."""
    by_size: dict[str, list[dict[str, Any]]] = {}
    for (kind, size), answers in found.items():
        if kind in ("wide", "unfused") and (rates := all_of(answers, "flops_per_second")):
            by_size.setdefault(size, []).append(utilization(size, rates) | {"fused": kind == "wide"})
    rows = [max(rows, key=lambda row: row["ratio"]) for rows in by_size.values()]
    return rows + ([min(rows, key=lambda row: row["ratio"]) | {"key": "utilization gpu"}] if rows else [])


def peak_known(gpu: str) -> bool:
    """Return whether PEAK is that of a GPU."""
    return ("H100" in gpu and "PCIe" not in gpu and "NVL" not in gpu) or "H200" in gpu
