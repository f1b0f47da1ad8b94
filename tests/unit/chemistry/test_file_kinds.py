"""What a file is by its first bytes."""

import pytest
from clm.chemistry.reader.kinds import identify
from rdkit import Chem

BLOCK = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO"))
V3000 = Chem.MolToV3KMolBlock(Chem.MolFromSmiles("CCO"))
OLDEST = "\n".join(line[:6] if line.endswith("V2000") else line for line in BLOCK.splitlines())


@pytest.mark.parametrize("block", [BLOCK, V3000, OLDEST, BLOCK.replace("\n", "\r\n"), "ethanol" + BLOCK])
def test_a_molfile_is_recognized_by_its_fourth_line(block):
    assert identify((block + "$$$$\n").encode()) == "SDF"


@pytest.mark.parametrize("cell", ["\nM  END", BLOCK, "\n\n\n V2000"], ids=["end", "block", "version"])
def test_a_table_whose_cells_hold_parts_of_molfiles_is_text(cell):
    short = cell.lstrip()
    assert identify(f'smiles,y\n"{short}",0.5\n'.encode()) == identify(f'"{short}",0.5\n'.encode()) == "text"
    assert identify(f'smiles,name,y\nCO,"{cell}",0.5\nCCO,"{cell}",0.7\n'.encode()) == "text"
