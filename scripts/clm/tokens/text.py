"""The text of a molecule that a tokenizer reads."""


def represent(smiles: str, kind: str) -> str | None:
    """Return SMILES, or SELFIES (Krenn et al. 2020) for kind `selfies`; None if SELFIES cannot express it."""
    if kind != "selfies":
        return smiles
    import selfies

    try:
        return selfies.encoder(smiles)
    except selfies.EncoderError:
        return None
