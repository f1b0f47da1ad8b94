"""Splits by cluster and by time: what they promise, on molecules whose order is known."""

import numpy as np
import pytest
from clm.provenance.command import UserError
from clm.tasks import clusters
from clm.tasks.clusters import butina_clusters
from clm.tasks.fingerprints import ecfp_bits, nearest_similarity
from clm.tasks.splits import cluster_split, time_split

SERIES = [f"{'C' * chain}{ring}" for ring in ("c1ccccc1", "C1CCNCC1", "n1cccc1", "OC(=O)C", "S(=O)(=O)N")
          for chain in range(1, 13)]  # fmt: skip


def test_clusters_are_those_of_rdkit_within_the_cutoff_of_a_centre():
    found = butina_clusters([*SERIES, SERIES[0]])
    assert found[-1] == found[0] and 5 <= len(set(found)) < len(SERIES)
    for cluster in set(found):
        members = ecfp_bits([text for text, own in zip(SERIES, found, strict=False) if own == cluster])
        reach = [min(1 - nearest_similarity([member], [centre])[0] <= 0.4 for member in members) for centre in members]
        assert any(reach), "some member, the centre, is near all others"


def test_no_cluster_is_divided_and_test_molecules_are_less_alike_than_at_random():
    found = butina_clusters(SERIES)
    parts = cluster_split(found, SERIES, 0)
    assert all(len({part for part, own in zip(parts, found, strict=True) if own == cluster}) == 1 for cluster in found)
    assert (parts == "train").sum() >= 40 and (parts == "test").any()
    assert not np.array_equal(parts, cluster_split(found, SERIES, 1))
    assert likeness(parts) < likeness(np.random.default_rng(0).permutation(parts)) - 0.1


def likeness(parts):
    """Return the mean similarity of test molecules to their nearest training molecule."""
    test, train = ([SERIES[i] for i in np.flatnonzero(parts == part)] for part in ("test", "train"))
    return nearest_similarity(ecfp_bits(test), ecfp_bits(train)).mean()


def test_too_many_molecules_are_one_line(monkeypatch):
    monkeypatch.setattr(clusters, "LARGEST", 10)
    with pytest.raises(UserError, match="60 distinct molecules, at most 10"):
        butina_clusters(SERIES)


@pytest.mark.parametrize("write", [lambda year: f"{2000 + year}-03-01", lambda year: str(9 + year / 2)])
def test_the_past_predicts_the_future(write):
    order = np.random.default_rng(0).permutation(60)
    parts = time_split([write(year) for year in order], SERIES)
    assert [(parts == part).sum() for part in ("train", "valid", "test")] == [48, 6, 6]
    assert order[parts == "train"].max() < order[parts == "valid"].min() < order[parts == "test"].min()


def test_equal_molecules_and_equal_times_stay_together_and_undated_ones_train():
    smiles = ["C"] * 5 + ["CC"] * 5 + ["CCC"] * 5 + ["CCCC"] * 4 + ["C"]
    times = ["2001"] * 5 + ["2002"] * 5 + ["2003"] * 5 + [""] * 4 + ["2009"]
    parts = time_split(times, smiles)
    assert parts[-1] == parts[0] and set(parts[15:19]) == {"train"}
    assert [len(set(parts[i : i + 5])) for i in (0, 5, 10)] == [1, 1, 1]
