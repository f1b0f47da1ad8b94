"""Claims in the findings: those that a test decided are told, each once, and the others are counted."""

from clm.pages import findings


def test_claims_that_no_test_decides_are_counted():
    claims = [
        {"verdict": "undecided", "claim": "x", "effect": None, "lower": None, "upper": None, "n": 0},
        {"verdict": "supported", "claim": "loss falls", "effect": 0.1, "lower": 0.05, "upper": 0.2, "n": 9},
        {"verdict": "degraded", "claim": "errors rise", "effect": -0.02, "lower": -0.03, "upper": -0.01, "n": 8},
    ]
    few, *rest = findings.claims_section(claims, 6)[1]
    assert few.startswith("6 tasks are fine-tuned, fewer than the 8") and rest == findings.claims_section(claims, 8)[1]
    _, lines = findings.claims_section(claims, 0)
    assert lines == [
        "supported: loss falls (effect 0.1 [0.05, 0.2], n 9).",
        "degraded: errors rise (effect -0.02 [-0.03, -0.01], n 8).",
        "undecided: 1 of 3.",
        "not testable here: 0 of 3.",
        "not sensitive: 0 of 3.",
        "shown, not judged: 0 of 3.",
    ]


def test_claims_over_all_splits_are_told_once_where_there_is_one_split():
    rows = [("x (fine-tuned, (all) splits)", 0.1), ("x (fine-tuned, scaffold split)", 0.1), ("y (all) splits", 0.1)]
    rows += [("x (linear probe, (all) splits)", 0.2)]
    claims = [{"claim": name, "effect": effect, "lower": 0, "upper": 1, "n": 8, "verdict": "supported"}
              for name, effect in rows]  # fmt: skip
    told = [line for line in findings.claims_section(claims, 8)[1] if line.startswith("supported: ")]
    assert [line.split(" (effect")[0].removeprefix("supported: ") for line in told] == [
        name for name, _ in rows[1:]
    ]  # fmt: skip
