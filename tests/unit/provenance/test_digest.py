"""The code digest changes with what a job runs and with nothing else."""

import ast
from pathlib import Path

from clm.provenance import digest
from clm.provenance.digest import code_digest, module_digest

GOLDEN = "679733702fc8387570210da0410e94432b4c412eb3b99f6de99c7cc19cfa44d8"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    for remembered in (
        digest.parse,
        digest.resolve,
        digest.imported_names,
        digest.imported_files,
        module_digest,
        code_digest,
    ):
        remembered.cache_clear()
    return path


def test_comments_docstrings_and_layout_do_not_count(tmp_path):
    plain = module_digest(write(tmp_path / "a.py", "def f(x):\n    return x + 1\n"))
    dressed = module_digest(
        write(tmp_path / "b.py", '"""Doc."""\n# note\ndef f( x ):\n    """Doc."""\n    return (x+1)\n')
    )
    other = module_digest(write(tmp_path / "c.py", "def f(x):\n    return x + 2\n"))
    assert plain == dressed != other


def test_a_digest_is_the_same_on_every_version_of_python(tmp_path):
    """The expected digest was the same on Python 3.11, 3.12 and 3.13; whatever version runs this test must find it."""
    text = """
import a.b as c
from d import *
@c.e(1, *[2], **{'f': 3})
class G(int):
    h: float | None = 1e-5
    async def i(self, x, /, y: str = 'ü', *z, w=..., **v) -> list[int]:
        return [f'{y!r:>{w}}' f"\\n{x['k']}'{z = }" for x in y if not x or -x < 2 <= 3j]
match c:
    case {'p': [1, *q], **r} | G(h=None):
        lambda s: (yield (s := b'\\0'))
try:
    global t
    del u, u[1:2]
except* KeyError as error:
    raise error from None
"""
    assert module_digest(write(tmp_path / "a.py", text)) == GOLDEN


def test_a_string_that_is_no_docstring_counts(tmp_path):
    texts = ('f("a")', 'f("b")', 'f("")', "f()", "f(x)", "x(f)", "f([x])", "f(x, x)")
    assert len({module_digest(write(tmp_path / f"{i}.py", text)) for i, text in enumerate(texts)}) == len(texts)


def test_an_imported_module_counts_and_a_sibling_does_not(tmp_path):
    script = write(tmp_path / "run.py", "from clm.room.used import f\nf()\n")
    write(tmp_path / "clm/__init__.py", "")
    write(tmp_path / "clm/room/__init__.py", "")
    write(tmp_path / "clm/room/used.py", "from clm.room import deep\nf = deep.g\n")
    write(tmp_path / "clm/room/deep.py", "def g(): return 1\n")
    write(tmp_path / "clm/room/unused.py", "x = 1\n")
    before = code_digest(script, root=tmp_path)
    write(tmp_path / "clm/room/unused.py", "x = 2\n")
    assert code_digest(script, root=tmp_path) == before
    write(tmp_path / "clm/room/deep.py", "def g(): return 2\n")
    assert code_digest(script, root=tmp_path) != before


def test_a_module_that_is_imported_by_name_counts_when_it_is_named(tmp_path):
    driver = write(tmp_path / "figures/draw.py", "from importlib import import_module\nimport_module('clm.one').f()\n")
    one = write(tmp_path / "clm/one.py", "from clm.shared import f\n")
    write(tmp_path / "clm/__init__.py", "")
    write(tmp_path / "clm/other.py", "f = 1\n")
    before = code_digest(driver, one, root=tmp_path)
    write(tmp_path / "clm/other.py", "f = 2\n")
    assert code_digest(driver, one, root=tmp_path) == before
    write(tmp_path / "clm/shared.py", "def f(): return 1\n")
    assert code_digest(driver, one, root=tmp_path) != before != code_digest(driver, root=tmp_path)


NESTED = """
match c:
    case 1:
        import in_case
try:
    import in_try
except* ValueError:
    import in_handler
else:
    import in_else
finally:
    import in_finally
async def f():
    async with a as b, c:
        for x in y:
            while z:
                import in_loop
            else:
                from in_while import it
class A:
    def g(self):
        'A docstring.'
        if (lambda: 1)(): import in_function
"""


def test_statements_are_all_that_a_walk_over_everything_finds(tmp_path):
    """Imports and definitions, which stand at statements, of every file of the project and of each kind of block."""
    kinds = (ast.stmt, ast.Module)
    for path in [write(tmp_path / "nested.py", NESTED), *digest.SCRIPTS.rglob("*.py")]:
        tree = ast.parse(path.read_text())
        walked = {node for node in ast.walk(tree) if isinstance(node, kinds)}
        assert {node for node in digest.statements(tree) if isinstance(node, kinds)} == walked, path
    assert {name for name in digest.imported_names(tmp_path / "nested.py") if name.startswith("in_")} == {
        "in_case", "in_try", "in_handler", "in_else", "in_finally", "in_loop", "in_while", "in_while.it", "in_function",
    }  # fmt: skip
