"""Colour-blind safe colours, each with one meaning in all figures and pages; markers that differ in greyscale.

Most are from Okabe & Ito (Color Universal Design, 2008). A test simulates deuteranopia and protanopia.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from clm.statistics.verdicts import LITTLE_ARRIVES, NO_RELEVANT_GAIN, NO_SIGNAL, NOT_SENSITIVE, NOT_TESTABLE
from clm.tables.columns import BASELINE, FINE_TUNED, LINEAR_PROBE, UNTRAINED

BLACK, PALE = "#000000", "#CFCFCF"  # the loss; background elements
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#7F7F7F"  # linear probes; fine-tuned models; untrained ones
SKY, WINE, ORANGE = "#56B4E9", "#882255", "#E69F00"  # baselines; external models; control tasks
MEANINGS = {
    "pretraining loss": BLACK,
    LINEAR_PROBE: BLUE,
    FINE_TUNED: VERMILLION,
    UNTRAINED: GREY,
    BASELINE: SKY,
    "from elsewhere": WINE,
    "control": ORANGE,
}
RAMP = ("#D3C3E3", "#2D0A4E")  # sizes, from the smallest to the largest
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


class Mark(NamedTuple):
    """Colour and marker of one name; the marker alone distinguishes names in greyscale."""

    color: str
    marker: str
    filled: bool = True

    @property
    def face(self) -> str:
        """Colour of the inside."""
        return self.color if self.filled else "white"


# Verdicts by shape and fill, so that colour can show the mode; pointing right means that errors fall
VERDICTS = {
    "improving": (">", True),
    "arrives": (">", True),
    "saturated": ("s", True),
    NO_RELEVANT_GAIN: ("s", True),
    LITTLE_ARRIVES: ("s", True),
    "degraded": ("<", True),
    "undecided": ("o", False),
    NOT_SENSITIVE: ("s", False),
    NOT_TESTABLE: ("x", False),
} | dict.fromkeys(NO_SIGNAL.values(), ("x", False))


def verdict_mark(verdict: str, color: str) -> Mark:
    """Return the mark of a verdict in the colour of a mode; unknown ones look undecided."""
    marker, filled = VERDICTS.get(verdict, VERDICTS["undecided"])
    return Mark(color, marker, filled)


def ramp(count: int) -> list[str]:
    """Return colours from the smallest to the largest size."""
    ends = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in RAMP], dtype=float)
    places = np.linspace(0, 1, count) if count != 1 else np.array([1.0])
    return ["#{:02X}{:02X}{:02X}".format(*np.rint(ends[0] + x * (ends[1] - ends[0])).astype(int)) for x in places]


def marks(names: Iterable[str]) -> dict[str, Mark]:
    """Return a colour of the ramp and a marker for each size, given in ascending order."""
    names = list(names)
    pairs = zip(names, ramp(len(names)), strict=True)
    return {name: Mark(color, MARKERS[i % len(MARKERS)]) for i, (name, color) in enumerate(pairs)}
