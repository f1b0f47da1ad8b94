"""Digests of DeepChem's own scaffold splits, to be made again where DeepChem is installed:

    cd tests/unit/tasks
    python deepchem_reference.py molalkit-1.2.0-py3-none-any.whl > deepchem_splits.json

DeepChem's code is not part of the project, and its environment not that of the tests.
"""

import csv
import hashlib
import io
import json
import sys
import zipfile

MEMBERS = {"bbbp": ("bbbp", "smiles"), "bace": ("bace", "mol"), "esol": ("delaney", "smiles")}
MEMBERS |= {"freesolv": ("freesolv", "smiles"), "lipo": ("lipo", "smiles")}


def source_smiles(wheel, task):
    """Return the SMILES of a task as the source writes them, in its order."""
    name, column = MEMBERS[task]
    with zipfile.ZipFile(wheel) as archive, archive.open(f"molalkit/data/datasets/{name}.csv") as handle:
        return [row[column] for row in csv.DictReader(io.TextIOWrapper(handle, encoding="utf-8-sig", newline=""))]


def digest(parts):
    """Return the SHA-256 of lines `row part` and the sizes of the parts; parts maps a part to its rows."""
    lines = sorted((row, part) for part, rows in parts.items() for row in rows)
    text = "".join(f"{row} {part}\n" for row, part in lines)
    return {"sha256": hashlib.sha256(text.encode()).hexdigest()} | {part: len(rows) for part, rows in parts.items()}


def main():
    """Split each task with DeepChem and print versions and digests."""
    import deepchem
    import numpy as np
    import rdkit

    found = {"deepchem": deepchem.__version__, "rdkit": rdkit.__version__, "molalkit": "1.2.0", "tasks": {}}
    for task in MEMBERS:
        smiles = source_smiles(sys.argv[1], task)
        data = deepchem.data.NumpyDataset(X=np.arange(len(smiles)), ids=np.array(smiles, dtype=object))
        train, valid, test = deepchem.splits.ScaffoldSplitter().split(data)
        parts = {"train": train, "valid": valid, "test": test}
        found["tasks"][task] = digest({part: [int(row) for row in rows] for part, rows in parts.items()})
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
