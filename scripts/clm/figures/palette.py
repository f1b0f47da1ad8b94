"""Colours and markers that stay apart for the colour-blind (Okabe & Ito, Color Universal Design, 2008) and in grey."""

from collections.abc import Iterable
from typing import NamedTuple

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#7F7F7F", "#C8C8C8"
COLORS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, BLACK, YELLOW)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


class Mark(NamedTuple):
    """Colour and marker of one name; the marker alone tells names apart in grey."""

    color: str
    marker: str


def marks(names: Iterable[str]) -> dict[str, Mark]:
    """Return a colour and a marker for each name, in the given order."""
    return {name: Mark(COLORS[i % len(COLORS)], MARKERS[i % len(MARKERS)]) for i, name in enumerate(names)}
