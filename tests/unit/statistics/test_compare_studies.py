"""Studies compared at equal tokens and at equal loss, on planted tables."""

import pandas as pd
import pytest
from clm.provenance.command import UserError
from compare_studies import compare_studies, ratios

BUDGETS = (100, 200, 400, 800)


def planted(root, factor=1.0, speed=1.0, vocabulary="a", status="ok"):
    """Write a study: loss falls with tokens times speed, the error is factor times the square of the loss."""
    (root / "tables").mkdir(parents=True)
    (root / "tokenizer").mkdir()
    (root / "tokenizer/vocabulary.json").write_text(vocabulary)
    runs, rows = [], []
    for tokens in BUDGETS:
        names = dict(corpus="zinc", size="60k", subset="2k", seed=0, budget=str(tokens))
        loss = 10 * (tokens * speed) ** -0.5
        runs.append(names | dict(status=status if tokens == 800 else "ok", loss=loss, tokens=tokens))
        for split_seed in (0, 1):
            for features, worse in (("mean", 1), ("layer0", 7)):
                rows.append(dict(mode="linear_probe") | names | dict(
                    baseline=None, task="esol", split="random", split_seed=split_seed, finetune_seed=None,
                    features=features, label="y", error=worse * factor * (1 + split_seed) * loss**2))  # fmt: skip
    pd.DataFrame(runs).to_csv(root / "tables/runs.csv", index=False)
    pd.DataFrame(rows).to_csv(root / "tables/transfer.csv", index=False)
    return root


def found(*folders):
    return {row["how"]: row for row in ratios(list(folders))}


def test_a_faster_objective_wins_at_equal_tokens_and_not_at_equal_loss(tmp_path):
    rows = found(planted(tmp_path / "a"), planted(tmp_path / "b", speed=1.5))
    assert rows["equal tokens"]["error_ratio"] == pytest.approx(1 / 1.5) and rows["equal tokens"]["n_pairs"] == 8
    assert rows["equal loss"]["error_ratio"] == pytest.approx(1)
    assert rows["equal loss"]["n_pairs"] == 6  # the last budget has a lower loss than any of the reference: left out


def test_better_representations_at_equal_loss_are_seen(tmp_path):
    rows = found(planted(tmp_path / "a"), planted(tmp_path / "b", factor=0.8, speed=0.7))
    assert rows["equal tokens"]["error_ratio"] == pytest.approx(0.8 / 0.7)
    assert rows["equal loss"]["error_ratio"] == pytest.approx(0.8) == rows["equal loss"]["highest"]


def test_losses_of_two_vocabularies_are_not_compared_and_diverged_runs_do_not_count(tmp_path):
    rows = found(planted(tmp_path / "a"), planted(tmp_path / "b", factor=2, vocabulary="b", status="diverged"))
    assert list(rows) == ["equal tokens"]
    assert rows["equal tokens"]["error_ratio"] == pytest.approx(2) and rows["equal tokens"]["n_pairs"] == 6


def test_a_study_that_has_not_finished_is_named(tmp_path):
    first = planted(tmp_path / "a")
    with pytest.raises(UserError, match="at least two"):
        ratios([first])
    with pytest.raises(UserError, match=r"runs\.csv, .*vocabulary\.json: not there; run this study first"):
        ratios([first, tmp_path / "b"])
    compare_studies([first, planted(tmp_path / "c")], out=tmp_path / "out.csv")
    assert pd.read_csv(tmp_path / "out.csv").error_ratio.tolist() == pytest.approx([1, 1])
