"""Stereoisomers, tautomers and ions of one skeleton in train and test are counted, and reach the table of tasks."""

import csv

from clm.chemistry.identity import canonical_smiles, identity
from clm.provenance.files import read_json, write_json
from describe_task import describe_task
from tabulate_tasks import tabulate_tasks

# L- and D-alanine, its zwitterion; two forms of acetylacetone; benzene, and what has no InChIKey, alone
MOLECULES = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "C[C@H]([NH3+])C(=O)[O-]", "CC(=O)CC(C)=O", "CC(=O)C=C(C)O"]
MOLECULES += ["c1ccccc1", "*CC"]
TRAIN_TEST = {"scaffold": "train test test train valid train test".split()}
TRAIN_TEST["random"] = "train train train train train test test".split()


def written(folder):
    smiles = [canonical_smiles(text) for text in MOLECULES]
    with (folder / "molecules.csv").open("w", newline="") as handle:
        rows = [(row, text, text, "", identity(text), row) for row, text in enumerate(smiles)]
        csv.writer(handle).writerows([("row", "smiles", "source_smiles", "scaffold", "identity", "y"), *rows])
    paths = []
    for name, parts in TRAIN_TEST.items():
        paths.append(folder / f"{name}-0.csv")
        with paths[-1].open("w", newline="") as handle:
            csv.writer(handle).writerows([("row", "part"), *enumerate(parts)])
    return paths


def test_skeletons_in_train_and_test_are_counted_per_split(tmp_path):
    folder = tmp_path / "tasks" / "own"
    (folder / "distance").mkdir(parents=True)
    scaffold, random = written(folder)
    splits = [["scaffold", 0], ["random", 0], ["random", 1]]
    settings = {"kind": "regression", "labels": ["y"], "splits": splits}
    paths = [scaffold, random, scaffold]  # the second seed of the random split is the other division
    describe_task(folder / "molecules.csv", paths, settings, folder / "descriptors.json")
    told = read_json(folder / "descriptors.json")
    assert told["skeleton_overlap_scaffold"] == 1, "alanine; equal molecules of train and valid do not count"
    assert told["skeleton_overlap_random"] == 0.5 and "skeleton_overlap_cluster" not in told

    write_json(folder / "distance" / "zinc-1k.json", {})
    about = {"tasks": {"own": {"kind": "regression", "control": False}}, "families": {"own": "other"}}
    tabulate_tasks(tmp_path, about | {"reference": ["zinc", "1k"]}, tmp_path / "tasks.csv")
    with (tmp_path / "tasks.csv").open() as handle:
        (row,) = csv.DictReader(handle)
    assert float(row["skeleton_overlap_scaffold"]) == 1 and row["skeleton_overlap_cluster"] == ""
