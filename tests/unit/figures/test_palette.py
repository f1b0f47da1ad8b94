"""Colours stay apart under simulated colour blindness; verdicts are told by shape and fill alone."""

from itertools import combinations

import numpy as np
import pytest
from clm.figures.palette import MEANINGS, PALE, VERDICTS, ramp

# Machado, Oliveira & Fernandes (IEEE Trans. Vis. Comput. Graph. 2009, 15, 1291), severity 1, on linear RGB
VISION = {
    "normal": np.eye(3),
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
APART = 15.0  # CIE 1976 difference; about 2.3 is just noticeable


def lab(color: str, vision: str) -> np.ndarray:
    """Return CIE L*a*b* of a colour as somebody sees it."""
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(VISION[vision]) @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(a: str, b: str, vision: str) -> float:
    return float(np.linalg.norm(lab(a, vision) - lab(b, vision)))


def test_the_scale_of_differences_is_that_of_the_standard():
    assert lab("#FFFFFF", "normal") == pytest.approx([100, 0, 0], abs=0.01)
    assert lab("#FF0000", "normal") == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert distance("#009E73", "#7F7F7F", "deuteranopia") < 10 < distance("#009E73", "#7F7F7F", "normal")


@pytest.mark.parametrize("vision", VISION)
def test_colours_with_a_meaning_stay_apart(vision):
    near = [(a, b) for a, b in combinations([*MEANINGS.values(), PALE], 2) if distance(a, b, vision) < APART]
    assert near == []


@pytest.mark.parametrize("count", [2, 4, 7])
@pytest.mark.parametrize("vision", VISION)
def test_sizes_darken_in_order_and_stay_apart(vision, count):
    colors = ramp(count)
    lightness = [lab(color, vision)[0] for color in colors]
    assert all(np.diff(lightness) < -8) and len(set(colors)) == count


def test_what_differs_in_meaning_differs_in_shape_or_fill():
    kinds = ("improving", "saturated", "degraded", "undecided", "not sensitive", "not testable here")
    assert len({VERDICTS[kind] for kind in kinds}) == len(kinds)
    assert VERDICTS["saturated"] == VERDICTS["no relevant gain"] == VERDICTS["less than a tenth arrives"]
