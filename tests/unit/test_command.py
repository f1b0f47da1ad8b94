"""Options of the command line from the signature of a function."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from clm.provenance.command import arguments, parser


def job(
    tables: list[Path],
    settings: dict[str, Any],
    split: Literal["random", "scaffold"],
    micro_tokens: int = 0,
    rate: float | None = None,
    fused: bool = False,
) -> None:
    """Do 100 % of a job.

    Args:
        tables: CSV files, any number
            of them.
        settings: what to do.
        split: one of two.
        micro_tokens: a whole number.
        rate: or nothing.
        fused: a flag.
    """


ASKED = ["--settings", json.dumps({"a": [1]}), "--split", "random"]


def test_values_have_the_types_of_the_signature():
    argv = ["--code", "abc", *ASKED, "--tables", "a.csv", "b.csv", "--micro-tokens", "7", "--rate", "1e-3", "--fused"]
    positional, named = arguments(job, argv)
    assert positional == [] and named == {
        "tables": [Path("a.csv"), Path("b.csv")],
        "settings": {"a": [1]},
        "split": "random",
        "micro_tokens": 7,
        "rate": 1e-3,
        "fused": True,
    }


def test_what_has_a_default_may_be_left_out_and_a_list_may_be_empty():
    _, named = arguments(job, [*ASKED, "--tables"])
    assert named["tables"] == [] and (named["micro_tokens"], named["rate"], named["fused"]) == (0, None, False)


@pytest.mark.parametrize(
    "argv",
    [ASKED, ["--tables", *ASKED[:3], "other"], ["--tables", *ASKED, "--micro", "7"], ["--tables", "--settings", "{"]],
    ids=["missing", "no such choice", "abbreviated", "no JSON"],
)
def test_other_command_lines_end_with_status_2(argv):
    with pytest.raises(SystemExit) as ended:
        arguments(job, argv)
    assert ended.value.code == 2


def test_parameters_before_a_slash_have_no_name():
    def tool(studies: list[Path], /, out: Path) -> None:
        """Compare."""

    assert arguments(tool, ["a", "b", "--out", "c"]) == ([[Path("a"), Path("b")]], {"out": Path("c")})


def test_the_code_of_a_job_is_given_to_who_asks_for_it():
    def saving(code: str) -> None:
        """Save."""

    assert arguments(saving, ["--code", "abc"]) == ([], {"code": "abc"})


def test_help_is_taken_from_the_docstring():
    text = " ".join(parser(job).format_help().split())
    assert "Do 100 % of a job." in text and "CSV files, any number of them." in text and "a whole number." in text
