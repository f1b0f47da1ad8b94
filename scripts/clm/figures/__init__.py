"""Figures, drawn from tables only: publication quality, colour-blind safe, byte-reproducible.

One module per figure: TABLES (or `read`) declares its input, `draw` draws it.
"""
