"""Functions that each end in a UserError of comparing studies or of the report, in an empty folder."""

from pathlib import Path


def compared(*studies: str) -> None:
    """Compare studies that have not run."""
    from compare_studies import ratios

    ratios(list(map(Path, studies)))


def no_report() -> None:
    """Report on a study that is not there."""
    from write_report import write_report

    Path("request.json").write_bytes(b'{"targets": ["results/tiny/tables/runs.csv"], "config": {}}')
    write_report(Path("request.json"), Path("report.html"), Path("workflow.html"))


def faulty_caption() -> None:
    """Read a caption with a fault."""
    from write_report import shown

    Path("report").mkdir(exist_ok=True)
    Path("report/loss.rst").write_bytes(b"The *loss")
    shown({"caption": "report/loss.rst", "path": "a.png", "category": "Loss", "label": "", "task": ""}, {})
