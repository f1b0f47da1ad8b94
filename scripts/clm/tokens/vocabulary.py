"""The token classes of a closed vocabulary, without the imports that building one needs."""

from collections.abc import Mapping
from typing import Any

from clm.tokens.regex import CLASSES


def class_ids(vocabulary: Mapping[str, Any]) -> list[int]:
    """Return the class of each token id as an index into CLASSES, from the content of vocabulary.json."""
    by_id = sorted(vocabulary["tokens"].items(), key=lambda item: item[1])
    return [CLASSES.index(vocabulary["classes"][token]) for token, _ in by_id]
