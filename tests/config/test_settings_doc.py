"""docs/settings.md lists every variable that the code reads, with its default, and no other."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
READERS = {"env", "environ"}
SHELL = re.compile(r"\$\{([A-Z][A-Z0-9_]+):-([^}]*)\}")
NAME = re.compile(r"[A-Z][A-Z0-9_]+")
# Every machine has them, or tools set them for their own processes: no settings of this project.
# The entry point tells its own process the last of them.
INTERNAL = {"HOME", "PATH", "PYTEST_XDIST_WORKER", "PYTHONWARNINGS", "TMPDIR", "DRAINING_FILE"}


def read_by_the_code() -> dict[str, set[str]]:
    """Variable → the literal defaults it is read with."""
    found: dict[str, set[str]] = {}
    sources = [*ROOT.glob("config/**/*.py"), *ROOT.glob("tests/*.py"), ROOT / "manage.py"]
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=reader), args=[ast.Constant(value=str(name)), *rest]
                ):
                    defaults = [k.value for k in node.keywords if k.arg == "default"] + rest
                case ast.Subscript(value=reader, slice=ast.Constant(value=str(name))):
                    defaults = []
                case _:
                    continue
            if last_name(reader) in READERS and NAME.fullmatch(name) and name not in INTERNAL:
                literals = {written(d.value) for d in defaults if isinstance(d, ast.Constant)}
                found.setdefault(name, set()).update(literals - {""})
    for name, default in SHELL.findall((ROOT / "docker/entrypoint.sh").read_text()):
        if name not in INTERNAL:
            found.setdefault(name, set()).update({default} - {""})
    return found


def last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def listed_in_the_document() -> dict[str, str]:
    rows = re.findall(
        r"^\| `([A-Z0-9_]+)` \|([^|]*)\|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE
    )
    assert len(rows) == len(dict(rows)), "a variable is listed twice"
    return {name: default.strip().strip("`") for name, default in rows}


def test_the_list_names_what_the_code_reads() -> None:
    assert sorted(listed_in_the_document()) == sorted(read_by_the_code())


def test_the_list_gives_the_defaults_of_the_code() -> None:
    listed = listed_in_the_document()
    # FIRST_LOGIN has a default of its own in production, which the document says in words.
    differing = {
        name: (listed[name], defaults)
        for name, defaults in read_by_the_code().items()
        if defaults and listed[name] not in defaults
    }
    assert differing == {}
