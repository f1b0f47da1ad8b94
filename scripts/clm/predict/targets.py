"""Check the output paths of predictions, features and models before anything is computed."""

from pathlib import Path

from clm.predict.folder import SETTINGS
from clm.provenance.command import UserError


def check_file(option: str, path: Path, molecules: Path) -> None:
    """Raise UserError when a file cannot be written, or is the table of molecules.

    Args:
        option: command-line option that names it.
        path: the file.
        molecules: the input table.
    """
    if path.is_dir():
        raise UserError(f"{option} {path}: is a folder; name a file")
    check_parents(option, path)
    if path.exists() and molecules.exists() and path.samefile(molecules):
        raise UserError(f"{option} {path}: is the table of molecules, which it would replace; name another file")


def check_model_folder(folder: Path) -> None:
    """Raise UserError if a fitted model cannot be saved in a folder, or the folder holds other files."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--save {folder}: is a file; name a folder")
    check_parents("--save", folder)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SETTINGS).is_file():
        raise UserError(f"--save {folder}: holds other files; name a new folder, or one of a saved model to replace it")


def check_parents(option: str, path: Path) -> None:
    """Raise UserError when a file is in the place of a folder that a path needs."""
    above = next((parent for parent in path.parents if parent.exists()), Path())
    if not above.is_dir():
        raise UserError(f"{option} {path}: {above} is a file, not a folder; name another place")
