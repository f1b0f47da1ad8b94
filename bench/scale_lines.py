"""The lines of a large corpus from real molecules, all of MOSES and of a PubChem table, as they stand or enumerated.

python bench/scale_lines.py --out 2M.gz
python bench/scale_lines.py --copies 10 --part 0 --parts 20 --out part-0.gz     (twenty of them, joined with cat)

Lines are `number<tab>SMILES` as in PubChem's CID-SMILES; number is the position of the molecule among all real ones.
Enumerated lines are random SMILES by RDKit, seeded by that number.
"""

import argparse
import gzip
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from clm.chemistry.sources import smiles_rows  # noqa: E402
from rdkit import Chem, RDLogger  # noqa: E402

MOSES = [f"moses/dataset/data/{name}.csv.gz" for name in ("train", "test", "test_scaffolds")]
PUBCHEM = "chemicals/Identifiers/chemical identifiers pubchem large.tsv"


def real_rows(sources: Path) -> Iterator[bytes]:
    """Yield the SMILES of MOSES and of the PubChem table in the fetched wheels."""
    moses = (smiles_rows(sources / "molsets" / "content", member, "SMILES") for member in MOSES)
    return chain(*moses, smiles_rows(sources / "chemicals" / "content", PUBCHEM, 4, "\t"))


def random_smiles(row: bytes, copies: int, seed: int) -> list[str]:
    """Return `copies` random SMILES of a row, or none when RDKit cannot read it."""
    mol = Chem.MolFromSmiles(row.decode("utf-8", "replace"))
    return list(Chem.MolToRandomSmilesVect(mol, copies, seed)) if mol is not None and mol.GetNumAtoms() else []


def main() -> None:
    """Command line."""
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("--sources", type=Path, default=Path("results/sources"))
    command.add_argument(
        "--copies", type=int, default=0, help="random SMILES of each molecule; 0: the row as it stands"
    )
    command.add_argument("--part", type=int, default=0)
    command.add_argument("--parts", type=int, default=1)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args()
    RDLogger.DisableLog("rdApp.*")
    with gzip.open(a.out, "wb", compresslevel=1) as out:
        for number, row in islice(enumerate(real_rows(a.sources)), a.part, None, a.parts):
            texts = [text.encode() for text in random_smiles(row, a.copies, number)] if a.copies else [row]
            out.writelines(b"%d\t%s\n" % (number, text) for text in texts)


if __name__ == "__main__":
    main()
