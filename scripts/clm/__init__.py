"""Library of the study: one room per subject; scripts/ holds the thin commands that call it."""
