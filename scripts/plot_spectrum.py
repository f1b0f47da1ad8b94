"""Draw the spectral density of the Hessian across sizes."""

from clm.plotting.command import figure_parser
from clm.plotting.spectrum import NODE_NUMBERS, NODE_TEXT, draw_spectrum
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "spectrum_nodes").parse_args(argv)
    nodes = read_table(a.spectrum_nodes, NODE_TEXT, NODE_NUMBERS)
    write_figure(lambda: draw_spectrum(nodes), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
