"""SMILES: reading raw rows from sources, standardizing them, exact subsets of a corpus."""
