"""What readers see instead of the values of tables."""

from clm.tables.columns import FINE_TUNED, LINEAR_PROBE, UNTRAINED

MODES = {LINEAR_PROBE: "linear probe", FINE_TUNED: "fine-tuned", f"{FINE_TUNED}, {UNTRAINED}": "fine-tuned, untrained"}


def mode_name(mode: str) -> str:
    """Return how a mode is called in figures and sentences; sentinels stay as they are."""
    return MODES.get(mode, mode)
