"""Digest of the code that a job runs: the syntax trees of a script and of every module that it imports.

Comments, docstrings, formatting and time stamps do not count, nor does the version of Python (from 3.11 to 3.13
`ast.dump` differs in empty fields, and `ast.unparse` in the quotes of f-strings).
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[2]  # the folder that holds the package and the scripts


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a module and its statements at any depth, without expressions, which are ten times as many."""
    yield node
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in getattr(node, name, ()):
            yield from statements(inner)


def without_docstrings(tree: ast.Module) -> ast.Module:
    """Drop the docstring of the module and of each class and function (in place)."""
    for node in statements(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


@cache
def parse(path: Path) -> ast.Module:
    """Parse a file once per process."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def normal_form(node: Any, out: list[str]) -> None:
    """Append a text that is equal for equal syntax trees: classes of nodes, and their non-empty fields."""
    if isinstance(node, ast.AST):
        out.append(f"{type(node).__name__}(")
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(node, ast.JoinedStr):  # an f-string: Python 3.12 adds an empty text to its formats
                value = [part for part in value if not (isinstance(part, ast.Constant) and part.value == "")]
            if value is not None and value != [] and name != "ctx":  # `ctx` follows from the position of the node
                out.append(f"{name}=")
                normal_form(value, out)
        out.append(")")
    elif isinstance(node, list):
        out.append("[")
        for item in node:
            normal_form(item, out)
            out.append(",")
        out.append("]")
    else:
        out.append(repr(node))


@cache
def module_digest(path: Path) -> str:
    """Return the sha256 of the syntax tree of one file without docstrings."""
    parts: list[str] = []
    normal_form(without_docstrings(parse(path)), parts)  # keeps every import
    return hashlib.sha256("".join(parts).encode()).hexdigest()


@cache
def resolve(name: str, root: Path) -> Path | None:
    """Return the file of a dotted module name below `root`, or None if the module is not part of this project."""
    base = root.joinpath(*name.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def imported_names(path: Path) -> set[str]:
    """Return every dotted name that a file imports, at any depth; `from a import b` gives a and a.b."""
    names: set[str] = set()
    for node in statements(parse(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def with_parents(names: set[str]) -> set[str]:
    """Add the packages above each name: importing a.b.c also runs a and a.b."""
    return {
        ".".join(parts[:depth]) for parts in (name.split(".") for name in names) for depth in range(1, len(parts) + 1)
    }


@cache
def imported_files(path: Path, root: Path) -> set[Path]:
    """Return the project files that importing `path` runs first: its own imports and the packages above them."""
    return {file for name in with_parents(imported_names(path)) if (file := resolve(name, root))}


def closure(*files: Path, root: Path = SCRIPTS) -> list[Path]:
    """Return the files (a script, modules that it imports by name) and all modules below `root` that they import."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting.extend(imported_files(path, root))
    return sorted(found)


@cache
def code_digest(*files: Path, root: Path = SCRIPTS) -> str:
    """Return one digest for files and their import closure (16 hexadecimal digits)."""
    lines = [f"{path.relative_to(root).as_posix()} {module_digest(path)}" for path in closure(*files, root=root)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
