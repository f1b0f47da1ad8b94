"""What need not be read again: the shortcut and the full way agree, and a mere shortcut is what it is."""

import random

import pytest
from clm.chemistry.identity import stable_smiles, surely_stable
from clm.chemistry.standardize import standardizer
from rdkit import Chem

# Fused, bridged, spiro and joined rings, tautomers, salts, zwitterions, ions, unusual valences
MOLECULES = """
C1CC1CC1CCC(CC2CC2)CC1 c1ccc2[nH]ccc2c1 c1ccc2cccc-2cc1 C1=CC2=CC=CC2=C1 C1CC2CCC1CC2 C1CC2CC1CCC2 C1CCC2(CC1)CCCC2
c1ccccc1-c1ccccc1 C1=CC=CC=CC=C1 O=c1cc[nH]c(=O)[nH]1 c1ccn2ccnc2c1 O=C1C=CC(=O)C=C1 C1=CC=CC1=C1C=CC=C1
CC(C)(C)c1ccc(O)cc1 C[N+](C)(C)CC(=O)[O-] [Na+].[O-]c1ccccc1 O=[N+]([O-])c1ccc([N+](=O)[O-])cc1 CS(=O)(=O)NS(C)(=O)=O
FC(F)(F)C1CCC(C(F)(F)F)CC1 OB(O)c1ccccc1 CP(=O)(O)OP(C)(=O)O C#CC#CC#C N#Cc1ccc(C#N)cc1 c1cc2cc3ccc2cc1CC3
Clc1cc(Cl)c(Cl)cc1Cl C1COCCOCCO1
c1cnc2nccnc2n1 c1csc2sccc12 N1C=CNC=C1 C1CC2(C1)CCC2 C1CC11CC1 O=S1(=O)CCC1 [O-]Cl NC(=[NH2+])N O=C1NC(=O)c2ccccc21
""".split()
CAGE = "C1CO[Si]2(OCCN1CCO2)OCCN(CCO[Si]34OCCN(CCO3)CCO4)CCO[Si]56OCCN(CCO5)CCO6"


def spellings(smiles: str) -> list[str]:
    """Random and Kekule spellings of a molecule."""
    mol = Chem.MolFromSmiles(smiles)
    texts = list(Chem.MolToRandomSmilesVect(mol, 20, 7)) + [Chem.MolToSmiles(mol, kekuleSmiles=True)]
    return [text for text in texts if Chem.MolFromSmiles(text) is not None]


@pytest.mark.parametrize("smiles", MOLECULES)
def test_shortcut_gives_what_reading_again_gives(smiles):
    found = set()
    for text in spellings(smiles):
        mol = Chem.MolFromSmiles(text)
        assert stable_smiles(mol, text) == stable_smiles(mol)
        found.add(stable_smiles(mol, text))
    assert len(found) == 1
    assert stable_smiles(Chem.MolFromSmiles(*found)) in found


def test_most_of_them_take_the_shortcut_and_a_cage_does_not():
    def short(text: str) -> bool:
        mol = Chem.MolFromSmiles(text)
        return surely_stable(mol, text, Chem.MolToSmiles(mol))

    shortened = [smiles for smiles in MOLECULES if all(short(text) for text in spellings(smiles))]
    assert len(shortened) > len(MOLECULES) / 2
    assert not short(CAGE)
    first = Chem.MolToSmiles(Chem.MolFromSmiles(CAGE))
    assert Chem.MolToSmiles(Chem.MolFromSmiles(first)) != first  # so the cage is a case at all


@pytest.mark.parametrize("text", ["[CH3:1]C", "C[CH2:12]O", "CC |atomProp:0.molAtomMapNumber.3|"])
def test_atom_maps_are_found_by_their_colon(text):
    settings = {"max_characters": 100, "largest_fragment": False, "neutralize": False}
    assert standardizer(settings)(text.encode()) in (("CC", "atom_maps"), ("CCO", "atom_maps"))


@pytest.mark.parametrize(("text", "standard"), [("C[NH3+].[Cl-]", "CN"), ("CCO", "CCO"), ("OC(=O)C", "CC(=O)O")])
def test_choosing_and_neutralizing_still_change_what_they_can_change(text, standard):
    settings = {"max_characters": 100, "largest_fragment": True, "neutralize": True}
    assert standardizer(settings)(text.encode()) == (standard, None)


def random_graph(rng: random.Random) -> Chem.Mol:
    """A random connected graph of a few atoms with up to two rings."""
    count, mol = rng.randint(4, 14), Chem.RWMol()
    for _ in range(count):
        mol.AddAtom(Chem.Atom(rng.choice([6, 6, 6, 6, 6, 6, 7, 8, 16])))
    for i in range(1, count):
        mol.AddBond(i, rng.randrange(max(0, i - 3), i), Chem.BondType.SINGLE)
    for _ in range(2):
        a, b = rng.sample(range(count), 2)
        if not mol.GetBondBetweenAtoms(a, b):
            mol.AddBond(a, b, Chem.BondType.SINGLE)
    for bond in mol.GetBonds():
        if rng.random() < 0.3:
            bond.SetBondType(Chem.BondType.DOUBLE)
    return mol.GetMol()


def test_random_graphs_of_two_rings_have_one_smiles_by_the_shortcut_and_by_reading_again():
    rng, compared = random.Random(1), 0
    for _ in range(1500):
        graph = random_graph(rng)
        if Chem.SanitizeMol(graph, catchErrors=True):
            continue
        texts = [text for text in Chem.MolToRandomSmilesVect(graph, 4, rng.randrange(10**6)) if "/" not in text]
        mols = [(text, Chem.MolFromSmiles(text)) for text in texts]
        short = [mol for text, mol in mols if surely_stable(mol, text, Chem.MolToSmiles(mol))]
        assert len({Chem.MolToSmiles(mol) for mol in short} | {stable_smiles(mol) for mol in short}) <= 1
        compared += len(short)
    assert compared > 500
