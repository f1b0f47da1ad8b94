"""Files of a user for the tests of the workflow, each with what is right, and the study that reads them."""

import lzma
from pathlib import Path

import yaml
from own_tables import CANONICAL, CONTAINERS, LABELS, SMILES, csv_text, parquet, sdf
from rdkit import Chem
from spreadsheet_files import ods, xlsx

SAMPLE = {"sample_fraction": 1}
WORDS = [("inactive", "active")[i % 2] for i in range(len(SMILES))]
BOUNDS = [f">{label}" if i % 4 == 3 else label for i, label in enumerate(LABELS)]
COMMAS = [str(label).replace(".", ",") for label in LABELS]
TORN = [(text, "a, b" if i == 4 else "a", LABELS[i]) for i, text in enumerate(SMILES)]
QUOTED = [(f'"{i},{i + 1}-di-N,O-compound"', text, "X") for i, text in enumerate(SMILES)]
TRICKY = [(f'"{i},{i + 1}-""di""-N,O-x{chr(10) * (i % 5 == 0)}"', text) for i, text in enumerate(SMILES)]
FERROCENE = "[CH-]1C=CC=C1.[CH-]1C=CC=C1.[Fe+2]"
DATIVE = [f"{'C' * i}N->[Pt](Cl)(Cl)<-N{'C' * (i + 1)}" for i in range(8)]
# Two spellings of which RDKit writes each as the other
CAGES = [f"CC[C@]1({part})C2CC3CC1CC(C2)[{at}H]3O" for part in ("C", "N") for at in ("C@", "C@@")]
MAPPED = ["[CH3:1][OH:2]", "[CH3:7][NH2:8]", "Cl[CH3:3]"]  # the first molecules of SMILES
SIDES = ["C", "CC", "Cl", "Br", "F", "N", "O", "S", "OC", "C#N", "C(C)=O", "C(=O)O"]
PARTS = {2: "CC(=O)О", 5: "CC(=O) Oc1ccccc1", 8: "CCO (racemic)"}  # rejected, or acetaldehyde and ethanol would be read


def numbered(texts: list[str]) -> str:
    """Return a table of molecules whose labels are their numbers."""
    return csv_text([(text, i) for i, text in enumerate(texts)])


# name of the file: (content, settings of the task, labels that are right)
TASKS = {
    "ragged.csv": (csv_text(TORN, header="smiles,name,y"), {}, [y for i, y in enumerate(LABELS) if i != 4]),
    "comma.csv": (csv_text(zip(SMILES, COMMAS, strict=True), ";"), {"decimal": ","}, LABELS),
    "censored.csv": (csv_text(zip(SMILES, BOUNDS, strict=True)), {}, [y for i, y in enumerate(LABELS) if i % 4 != 3]),
    "bounds.csv": (csv_text(zip(SMILES, BOUNDS, strict=True)), {"censored": "value"}, LABELS),
    "minus.csv": (
        csv_text([(text, 2 * (i % 2) - 1) for i, text in enumerate(SMILES)]),
        {"kind": "classification"},
        [i % 2 for i in range(len(SMILES))],
    ),
    "words.csv": (
        csv_text(zip(SMILES, WORDS, strict=True)),
        {"kind": "classification", "positive": "active"},
        [i % 2 for i in range(len(SMILES))],
    ),
    "blank.csv": (csv_text(header="smiles ,y "), {}, LABELS),
    "t.csv.xz": (lzma.compress(csv_text().encode()), {}, LABELS),
    "t.parquet": (parquet(), {}, LABELS),
    "t.sdf": (sdf(), {}, LABELS),
    "parts.csv": (
        csv_text([(PARTS.get(i, text), LABELS[i]) for i, text in enumerate(SMILES)]),
        {},
        [y for i, y in enumerate(LABELS) if i not in PARTS],
    ),
    "numbered.smi": (csv_text(header=None, separator="\t"), {"smiles": 0, "labels": [1]}, LABELS),
}
CELLS = [["smiles", "y"], *zip(SMILES, LABELS, strict=True)]
NAMED = csv_text([(text, f"Säure {i}", LABELS[i]) for i, text in enumerate(SMILES)], header="smiles,name,y")
TASKS |= {
    f"packed.{name.replace(' ', '_')}": (pack(csv_text().encode()), {}, LABELS) for name, pack in CONTAINERS.items()
}
TASKS |= {"t.xlsx": (xlsx({"a": CELLS}), {}, LABELS), "t.ods": (ods(CELLS), {}, LABELS)}
TASKS |= {f"{name}.csv": (NAMED.encode(name), {}, LABELS) for name in ("utf-8-sig", "utf-16", "latin-1", "cp1252")}
TASKS |= {
    f"classes{number}.csv": (
        csv_text([(text, pair[i % 2]) for i, text in enumerate(SMILES)]),
        {"kind": "classification"},
        [i % 2 for i in range(len(SMILES))],
    )
    for number, pair in enumerate([("0", "1"), ("1", "2"), ("FALSE", "TRUE"), ("no", "yes"), ("inactive", "active")])
}
RELATIONS = [(text, "<" if i < 5 else "=", LABELS[i]) for i, text in enumerate(SMILES)]
BLOCKS = [(f'"{Chem.MolToMolBlock(Chem.MolFromSmiles(text))}"', LABELS[i]) for i, text in enumerate(SMILES)]
TASKS["relations.csv"] = (csv_text(RELATIONS, ";", "smiles,relation,y"), {"relation": "relation"}, LABELS[5:])
TASKS["blocks.csv"] = (csv_text(BLOCKS), {}, LABELS)
# name of the file: (content, settings of the task, SMILES that are right)
MOLECULES = {
    "alternating.csv": (numbered([*SMILES, *CAGES]), {}, [*CANONICAL, *(CAGES[i // 2 * 2 + 1] for i in range(4))]),
    "atom_maps.csv": (numbered([*MAPPED, *SMILES]), {}, [*CANONICAL[:3], *CANONICAL]),
    "polymers.csv": (numbered([f"*CC(*){side}" for side in SIDES]), {}, [f"*CC(*){side}" for side in SIDES]),
}
CORPORA = {
    "name_first.csv": (csv_text(QUOTED, header="name,smiles,inchikey"), "smiles", {}),
    "tricky.csv": (csv_text(TRICKY, header="name,smiles"), "smiles", {}),
    "names.smi": ("\n".join(f"{text} {i}-Säure, N" for i, text in enumerate(SMILES)), 0, {"separator": ";"}),
    "blocks_corpus.csv": (csv_text(BLOCKS), "smiles", {}),
    "polymers.smi": ("\n".join([*SMILES, *(f"*C({s})C*" for s in SIDES)]), 0, {"decontaminate": ["polymers.csv"]}),
    "dative.smi": ("\n".join([*SMILES, *DATIVE]), 0, {}),
    "salts.smi": ("\n".join([*SMILES, FERROCENE]), 0, {"neutralize": True, "largest_fragment": True}),
}


def study(folder: Path, **changed: object) -> Path:
    """Write the files and an overlay with a task and a corpus for each."""
    (folder / "own").mkdir(exist_ok=True)
    for name, (content, *_) in (TASKS | MOLECULES | CORPORA).items():
        (folder / "own" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    base = {"smiles": "smiles", "labels": ["y"], "kind": "regression"}
    tasks = {name: base | how | {"file": f"own/{name}"} for name, (_, how, _) in (TASKS | MOLECULES).items()}
    about = {"sha256": None, "licence": "mine", "citation": "mine"}
    sources = {name: about | {"file": f"own/{name}"} for name in CORPORA}
    corpora = {
        name: {"files": [{"source": name, "member": None}], "column": column, "separator": ",", "shards": 1}
        | {"max_characters": 120, "largest_fragment": False, "neutralize": False, "validation_molecules": 10}
        | {"decontaminate": []} | SAMPLE | how
        for name, (_, column, how) in CORPORA.items()
    }  # fmt: skip
    told = {"sources": sources, "corpora": corpora, "tasks": tasks} | changed
    (folder / "studies" / "own.yaml").write_text(yaml.safe_dump(told))
    return folder
