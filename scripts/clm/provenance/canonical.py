"""Canonical text of values: equal values give equal parameters, digests and bytes."""

import json
import math
from collections.abc import Mapping
from typing import Any


def normalize(value: Any) -> Any:
    """Return `value` with sorted string keys, tuples as lists and whole floats as integers.

    8 and 8.0 mean the same in a configuration, so they must not make a result stale;
    NaN and infinities have no JSON form and become None.
    """
    if isinstance(value, Mapping):
        return {str(key): normalize(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [normalize(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value


def canonical(value: Any) -> str:
    """Return the canonical JSON text of a configuration value (no sets: their order is random)."""
    return json.dumps(normalize(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
