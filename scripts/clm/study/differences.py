"""How two parts of a configuration differ, key by key."""

from collections.abc import Iterator, Mapping
from typing import Any

from clm.provenance.canonical import canonical

ABSENT = "nothing"  # shown for a key that one side does not have


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield (dotted path, value in `ours`, value in `theirs`) wherever two values differ, as canonical JSON.

    Mappings are compared key by key, in the order of `ours`; lists, numbers and texts as a whole.
    """
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            place = f"{path}.{key}" if path else str(key)
            if key not in ours or key not in theirs:
                yield place, told(ours, key), told(theirs, key)
            else:
                yield from differences(ours[key], theirs[key], place)
    elif canonical(ours) != canonical(theirs):
        yield path, canonical(ours), canonical(theirs)


def told(values: Mapping[str, Any], key: str) -> str:
    """Return the value of a key as canonical JSON, or ABSENT."""
    return canonical(values[key]) if key in values else ABSENT
