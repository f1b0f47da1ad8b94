"""Every SMILES that RDKit writes is the concatenation of its tokens: nothing is dropped."""

import random

import pyarrow as pa
import pytest
from clm.tokens.regex import split
from clm.tokens.scan import encode, scan
from rdkit import Chem
from rdkit.Chem import BondType, ChiralType

ORGANIC = ["C"] * 12 + ["N", "O", "S", "P", "F", "Cl", "Br", "I", "B"]
BONDS = [BondType.SINGLE] * 12 + [BondType.DOUBLE] * 3 + [BondType.TRIPLE, BondType.QUADRUPLE, BondType.DATIVE]
BONDS += [BondType.ZERO, BondType.AROMATIC, BondType.DATIVEONE, BondType.HYDROGEN, BondType.ONEANDAHALF]
TAGS = [ChiralType.CHI_TETRAHEDRAL_CW, ChiralType.CHI_TETRAHEDRAL_CCW, ChiralType.CHI_UNSPECIFIED]
REAL = [
    *("CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "F/C=C\\C=C/Cl", "N[C@@H](Cc1c[nH]c2ccccc12)C(=O)O"),
    *("C12C3C4C1C5C2C3C45", "[Cu+2].[O-]S(=O)(=O)[O-]", "*CC(*)c1ccccc1", "N->[Pt@SP1](<-N)(Cl)Cl", "[se]1cccc1"),
    *("O[P@](=O)(C)CC", "[2H]C([2H])Br", "C1CC2CCC1CC2", "c1cc2ccc3cccc4ccc(c1)c2c34", "[NH3][Co@OH12](Cl)(Br)(I)(F)C"),
]  # fmt: skip


def random_molecule(draw: random.Random) -> Chem.Mol:
    """Return a graph of atoms of all elements, charges, isotopes and bonds, chemical or not."""
    mol = Chem.RWMol()
    size = draw.randint(1, 18)
    for i in range(size):
        atom = Chem.Atom(draw.choice(ORGANIC) if draw.random() < 0.8 else draw.randint(0, 118))
        if draw.random() < 0.15:
            atom.SetFormalCharge(draw.randint(-4, 6))
            atom.SetIsotope(draw.choice([0, 0, 2, 13, 235]))
            atom.SetNumExplicitHs(draw.randint(0, 4))
            atom.SetNoImplicit(True)
            atom.SetAtomMapNum(draw.choice([0, 0, 1, 999]))
        atom.SetChiralTag(draw.choice(TAGS) if draw.random() < 0.2 else ChiralType.CHI_UNSPECIFIED)
        mol.AddAtom(atom)
        if i and draw.random() < 0.95:
            mol.AddBond(draw.randrange(i), i, draw.choice(BONDS))
    for _ in range(draw.choice([0, 0, 1, 3, 6])):
        i, j = draw.randrange(size), draw.randrange(size)
        if i != j and mol.GetBondBetweenAtoms(i, j) is None:
            mol.AddBond(i, j, draw.choice(BONDS))
    mol.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(mol)
    return mol


def ladder(rings: int) -> Chem.Mol:
    """Return a molecule whose random SMILES have many rings open at once: a clique of carbons, not a real one."""
    mol = Chem.RWMol()
    for _ in range(rings):
        mol.AddAtom(Chem.Atom(6))
    for i in range(rings):
        for j in range(i):
            mol.AddBond(i, j, BondType.SINGLE)
    mol.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(mol)
    return mol


def written(count: int) -> list[str]:
    """Return the SMILES of that many molecules, each as RDKit writes it in one of its ways."""
    draw = random.Random(0)
    ways = [{}, {"allBondsExplicit": True}, {"allHsExplicit": True}, {"canonical": False}, {"isomericSmiles": False}]
    texts = [Chem.MolToSmiles(ladder(rings), canonical=False) for rings in (12, 30)]
    real = [Chem.MolFromSmiles(text, sanitize=False) for text in REAL]
    for i, mol in enumerate(real):
        mol.UpdatePropertyCache(strict=False)
        texts += Chem.MolToRandomSmilesVect(mol, 20, i)
    while len(texts) < count:
        texts.append(Chem.MolToSmiles(random_molecule(draw), **draw.choice(ways)))
    return texts


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_smiles_is_the_concatenation_of_its_tokens(count):
    texts = written(count)
    tokens = [split(text) for text in texts]
    assert [text for text, parts in zip(texts, tokens, strict=True) if "".join(parts) != text] == []
    found = {token for parts in tokens for token in parts}
    assert {"->", "<-", "$", "~", ":", "*", "%10", "%(100)", "Cl", "/", "\\"} <= found
    scanned = scan(pa.array(texts))
    counts = scanned.counts()
    assert counts.total() == sum(map(len, tokens)) and set(counts) == found
    ids = {token: i for i, token in enumerate(sorted(found), 5)}
    packed, lengths = encode(scanned, len(texts), ids, 100_000)
    assert lengths.tolist() == [len(parts) + 2 for parts in tokens] and (packed != 1).all()
