"""Gains of several studies side by side: each pooled claim in its row and panel, whatever a study lacks."""

import json

import numpy as np
import pytest
from clm.figures.records import draw, ends, pooled
from clm.provenance.command import UserError
from matplotlib.image import imread
from plot_records import plot_records


def claim(name, effect, width=0.01, verdict="undecided"):
    bounds = (None, None) if effect is None else (effect - width, effect + width)
    return {"id": name, "effect": effect, "lower": bounds[0], "upper": bounds[1], "verdict": verdict}


STUDIES = {
    "first": [claim("headline.D.fine_tuned.(all)", 0.02), claim("headline.D.fine_tuned.scaffold", 0.5),
              claim("headline.elasticity.linear_probe.(all)", 0.1, 0.05)],
    "second": [claim("headline.D.fine_tuned.(all)", 0.03, verdict="improving"), claim("loss_falls.D", 0.4)],
    "third": [claim("headline.D.fine_tuned.(all)", None, verdict="not testable here")],
}  # fmt: skip


def test_claims_pooled_over_splits_are_taken_and_no_others():
    table = pooled(STUDIES).set_index(["axis", "mode", "task"])
    assert list(table.index) == [
        ("D", "fine_tuned", "first"),
        ("elasticity", "linear_probe", "first"),
        ("D", "fine_tuned", "second"),
        ("D", "fine_tuned", "third"),
    ]
    assert table.loc[("D", "fine_tuned", "second")].tolist() == ["improving", 0.03, pytest.approx(0.02), 0.04]
    assert np.isnan(table.loc[("D", "fine_tuned", "third"), "gain"])


def test_every_interval_is_in_its_panel_in_percent_and_in_the_row_of_its_study():
    tokens, *_, elasticity = draw(STUDIES).axes
    points = {(round(x, 6), round(y)) for line in tokens.lines if line.get_marker() not in ("", "None", None)
              for x, y in [*zip(line.get_xdata(), line.get_ydata(), strict=True)]}  # fmt: skip
    assert points == {(2.0, 0), (3.0, 1)}
    for axis, (low, high) in ((tokens, (1, 4)), (elasticity, (0.05, 0.15))):
        assert axis.get_xlim()[0] < low and high < axis.get_xlim()[1]
    assert [label.get_text() for label in tokens.get_yticklabels()] == list(STUDIES)
    assert ends(pooled({})) == (-0.05, 0.05)


def test_the_figure_is_written_from_folders_and_names_must_differ(tmp_path):
    for folder, claims in STUDIES.items():
        (tmp_path / folder / "tables").mkdir(parents=True)
        (tmp_path / folder / "tables" / "claims.json").write_text(json.dumps({"claims": claims}))
    plot_records([tmp_path / folder for folder in STUDIES], tmp_path / "gains.png", 60)
    assert imread(tmp_path / "gains.png").shape[1] > 300 and (tmp_path / "gains.pdf").stat().st_size > 1000
    for wrong in ([], [tmp_path / "first", tmp_path / "first"]):
        with pytest.raises(UserError, match="folder with a name of its own"):
            plot_records(wrong, tmp_path / "other.png")
    assert not (tmp_path / "other.png").exists()
