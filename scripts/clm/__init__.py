"""Library of the study: one package per subject; scripts/ holds the thin commands that call it."""
