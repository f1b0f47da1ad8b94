"""One row cannot stall or end a shard: time and memory are bounded inside C code, crashes cost one row."""

import ctypes
import os
import re
import signal
import time

import pytest
from clm.chemistry.guard import Guard
from clm.chemistry.standardize import standardizer
from clm.provenance.command import UserError

GOOD = ("good", None)


def planted(raw):
    """Do what the row says, in C code that no Python exception interrupts."""
    if raw == b"slow":
        sum(range(10**12))
    if raw == b"backtrack":
        re.match(r"(a+)+$", "a" * 60 + "b")
    if raw == b"large":
        bytearray(10**10)
    if raw == b"segfault":
        ctypes.string_at(0)
    if raw == b"abort":
        os.abort()
    if raw == b"invariant":
        raise RuntimeError("Invariant Violation")
    if raw == b"bug":
        raise KeyError(raw)
    if raw == b"killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return GOOD


def test_hostile_rows_are_counted_by_reason_and_the_others_are_done():
    rows = [b"a", b"slow", b"large", b"b", b"segfault", b"abort", b"c", b"invariant", b"d", b"backtrack"]
    with Guard(planted, seconds=0.3, megabytes=500) as guard:
        found = guard.outcomes(rows)
        assert guard.outcomes([b"e"] * 3000) == [GOOD] * 3000, "a new child goes on"
    reasons = [None, "too_slow", "too_large", None, "crashed", "crashed", None, "failed", None, "too_slow"]
    assert found == [GOOD if reason is None else (None, reason) for reason in reasons]


def test_time_is_processor_time_of_one_row():
    """Waiting for a processor is no fault of a row, nor is the time of the rows before it."""

    def busy(raw):
        started = time.process_time()
        while time.process_time() - started < 0.05:
            pass
        return GOOD

    with Guard(busy, seconds=0.4) as guard:
        assert guard.outcomes([b""] * 20) == [GOOD] * 20
    with Guard(lambda raw: time.sleep(0.5) or GOOD, seconds=0.1) as guard:
        assert guard.outcomes([b""]) == [GOOD]


@pytest.mark.parametrize("row", [b"killed", b"bug"])
def test_what_is_no_fault_of_a_row_rejects_no_row(row):
    with pytest.raises(UserError, match="see the log"), Guard(planted) as guard:
        guard.outcomes([b"a", row])


def test_outcomes_are_those_of_the_function():
    standardize = standardizer({"max_characters": 50, "largest_fragment": False, "neutralize": False})
    rows = [b"OCC", b"", b"\xff", b"C1CC", b"c1ccccc1", b"C" * 51]
    with Guard(standardize) as guard:
        assert guard.outcomes(rows) == [standardize(row) for row in rows]
        assert guard.outcomes([]) == []
