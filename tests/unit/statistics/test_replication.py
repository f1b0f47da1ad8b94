"""A study and its replication: differences of effects by known answers, and how verdicts go together."""

import numpy as np
import pandas as pd
import pytest
from clm.provenance.command import UserError
from clm.provenance.files import write_json
from clm.statistics.replication import COLUMNS, difference, replicated, replication_lines
from compare_replication import compare_replication


def claim(name, effect, lower, upper, verdict):
    return {
        "id": name,
        "claim": f"what {name} says",
        "effect": effect,
        "lower": lower,
        "upper": upper,
        "verdict": verdict,
        "reason": "why",
    }


FIRST = [
    claim("a", 0.01, 0.00, 0.02, "undecided"),
    claim("b", 0.03, 0.02, 0.04, "improving"),
    claim("c", 0.00, -0.01, 0.01, "saturated"),
    claim("d", 0.00, None, None, "shown, not judged"),
    claim("only here", 0.00, -0.01, 0.01, "saturated"),
    claim("e", None, None, None, "not testable here"),
]
AGAIN = [
    claim("e", None, None, None, "not sensitive"),
    claim("d", 0.02, 0.01, 0.03, "shown, not judged"),
    claim("c", -0.03, -0.04, -0.02, "degraded"),
    claim("b", 0.025, 0.02, 0.03, "improving"),
    claim("a", 0.02, 0.015, 0.025, "improving"),
]


def test_each_claim_finds_its_own_and_verdicts_are_compared():
    table = replicated(FIRST, AGAIN)
    assert table["id"].tolist() == ["a", "b", "c", "d", "e"]
    assert table["verdicts"].tolist() == [
        "decided by one study", "the same", "different", "decided by none", "decided by none"]  # fmt: skip
    assert table["effect_again"].tolist()[:4] == [0.02, 0.025, -0.03, 0.02]
    assert table["verdict_again"].tolist()[:3] == ["improving", "improving", "degraded"]
    assert table.loc[3, "difference"] == 0.02 and table.loc[3, ["difference_lower", "difference_upper"]].isna().all()
    assert table.loc[4, ["difference", "difference_lower", "difference_upper"]].isna().all()
    assert table["differs"].tolist() == [False, False, True, None, None]
    lines = replication_lines(table)
    assert lines[0].startswith(
        "5 claims in both studies; verdicts: 1 the same, 1 different, 1 decided by one study, 2 decided by none"
    )
    assert lines[1].startswith("1 of 3 effects differ by more")
    assert lines[2:] == ["  c: 0 (saturated), again -0.03 (degraded)"]


def test_a_claim_of_the_only_split_is_told_once():
    both = [claim(f"headline.D.fine_tuned.{split}", 0.01, 0.0, 0.02, "undecided") for split in ("(all)", "scaffold")]
    again = [claim(one["id"], 0.02, 0.01, 0.03, "undecided") for one in both]
    assert replicated(both, again)["id"].tolist() == ["headline.D.fine_tuned.(all)"]
    again[1] = claim(again[1]["id"], 0.021, 0.01, 0.03, "undecided")
    assert len(replicated(both, again)) == 2


def test_an_interval_keeps_its_asymmetry():
    """Zou and Donner (2008): the lower end looks to the lower end of the second and to the upper of the first."""
    found = difference(claim("x", 1.0, 0.6, 4.0, ""), claim("x", 2.0, -2.0, 2.3, ""))
    assert found["difference"] == 1.0
    assert found["difference_lower"] == pytest.approx(1 - 5.0)
    assert found["difference_upper"] == pytest.approx(1 + 0.5)


def test_intervals_of_95_percent_give_one_of_95_percent():
    random = np.random.default_rng(0)
    reach, errors = 1.959964, np.array([0.01, 0.03])
    effects = 0.02 + errors * random.standard_normal((4000, 2))
    found = [
        difference(*(claim("x", value, value - reach * error, value + reach * error, "")
                     for value, error in zip(pair, errors, strict=True)))
        for pair in effects
    ]  # fmt: skip
    covered = np.mean([row["difference_lower"] <= 0 <= row["difference_upper"] for row in found])
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / len(found))


def test_the_script_writes_the_table_and_says_what_is_missing(tmp_path):
    one, other, out = tmp_path / "one", tmp_path / "other", tmp_path / "out.csv"
    write_json(one / "tables" / "claims.json", {"claims": FIRST})
    with pytest.raises(UserError, match=r"claims\.json is missing; name the folder of a finished study"):
        compare_replication(one, other, out)
    write_json(other / "tables" / "claims.json", {"claims": AGAIN})
    assert compare_replication(one, other, out)[0].startswith("5 claims in both")
    table = pd.read_csv(out)
    assert table.columns.tolist() == list(COLUMNS) and len(table) == 5
    write_json(other / "tables" / "claims.json", {"claims": []})
    with pytest.raises(UserError, match="have no claim in common; name studies with the same modes and splits"):
        compare_replication(one, other, out)
    (other / "tables" / "claims.json").write_text('{"claims": [')
    with pytest.raises(UserError, match=r"other/tables/claims\.json: damaged"):
        compare_replication(one, other, out)
