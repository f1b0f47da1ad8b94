"""From SMILES text to token shards."""
