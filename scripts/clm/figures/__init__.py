"""Figures made from tables only; paper quality, colour-blind safe, the same bytes each time.

A module per figure: TABLES (or `read`) tells what it reads, `draw` draws it.
"""
