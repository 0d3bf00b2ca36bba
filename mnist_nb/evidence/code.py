"""The code that a result depends on, wing by wing or module by module, as digests."""

from __future__ import annotations

import ast
import functools
import hashlib
from pathlib import Path

from ..paths import PACKAGE

CODE = (".py", ".pyi", ".j2")  # suffixes of the files in a unit of code
APART = {"catalogue"}  # What it says of a notebook counts for that notebook alone, so no code depends on it.

# A unit of code is a wing such as "learning", a module of the package itself such as "data", or, where less than a
# wing is meant, one of its modules such as "experiments.trial".


def code_sha256(*units: str) -> str:
    """Return a digest, in hexadecimal, of units of code and all that they import; of the whole package without any."""
    digest = hashlib.sha256()
    for file in code_files(*units):
        digest.update(f"{file.relative_to(PACKAGE).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def behaviour_sha256(*units: str) -> str:
    """Return a digest of what units of code and all that they import do: of their syntax trees, and of MNIST.

    Comments, docstrings, annotations of types and layout do not count, nor do modules that are not imported.
    """
    digest = hashlib.sha256()
    for file in sorted({file for unit in units_needed(*units, whole_wings=False) for file in _files_of(unit)}):
        if file.suffix == ".py":
            digest.update(f"{file.relative_to(PACKAGE).as_posix()}\n".encode() + _behaviour_of(file.read_text("utf-8")))
    for file in sorted(PACKAGE.glob("datasets/*.npz")):
        digest.update(_file_sha256(file, file.stat().st_mtime_ns))
    return digest.hexdigest()


@functools.cache
def _behaviour_of(source: str) -> bytes:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree).encode()


@functools.cache
def _file_sha256(file: Path, changed: int) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()


def code_files(*units: str) -> list[Path]:
    """Return the files of units of code and of all that they import, sorted; of the whole package without any."""
    if not units:
        return sorted(file for file in PACKAGE.rglob("*") if file.suffix in CODE)
    return sorted({file for unit in units_needed(*units) for file in _files_of(unit)})


def units_needed(*units: str, whole_wings: bool = True) -> set[str]:
    """Return units of code and those that they import, directly or through others.

    A wing is needed as a whole, by others; a module of a wing needs others of its own wing only as modules. Without
    `whole_wings`, what is needed of another wing is the module that is imported.
    """
    needed: set[str] = set()
    waiting = set(units)
    while waiting:
        unit = waiting.pop()
        needed.add(unit)
        for file in _files_of(unit):
            if file.suffix == ".py":
                found = imported(file.read_text(encoding="utf-8"), _package(file))
                waiting |= {_as_unit(name, unit) if whole_wings else name for name in found}
        waiting -= needed | APART
    return {unit for unit in needed if unit.partition(".")[0] not in needed or "." not in unit}


@functools.cache
def imported(source: str, package: str = "") -> frozenset[str]:
    """Return the modules of this package that Python source imports, as dotted names below the package.

    `package` is where the source stands, such as "mnist_nb.learning"; it resolves relative imports. A name that a
    package hands on counts as the module that it comes from.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            if "mnist_nb" in names:  # It may use anything.
                found |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {_home(name[len("mnist_nb.") :]) for name in names if name.startswith("mnist_nb.")} - {""}
    return frozenset(found)


def _home(name: str) -> str:
    """Return the module or wing that a dotted name below the package stands for or comes from; "" if there is none."""
    first, _, rest = name.partition(".")
    if not (PACKAGE / first).is_dir():
        return first if (PACKAGE / f"{first}.py").exists() else _handed_on(PACKAGE).get(first, "")
    second = rest.partition(".")[0]
    second = _handed_on(PACKAGE / first).get(second, second)
    return f"{first}.{second}" if (PACKAGE / first / f"{second}.py").exists() else first


@functools.cache
def _handed_on(package: Path) -> dict[str, str]:
    """Return the wing or module that each name of a package comes from, in the stub that it hands names on by."""
    file = package / "__init__.pyi"
    stub = ast.parse(file.read_text(encoding="utf-8") if file.exists() else "")
    lines = [node for node in stub.body if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.name: str(node.module) for node in lines for alias in node.names}


def _as_unit(name: str, importer: str) -> str:
    """Return what an imported module counts as for an importer: a module in its own wing, else the whole wing."""
    wing, _, module = name.partition(".")
    return name if module and "." in importer and importer.partition(".")[0] == wing else wing


def _package(file: Path) -> str:
    return ".".join(["mnist_nb", *file.relative_to(PACKAGE).parent.parts])


def _files_of(unit: str) -> list[Path]:
    path = PACKAGE / unit.replace(".", "/")
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in CODE)
    file = path.with_suffix(".py")
    if not file.exists():
        raise ValueError(f"mnist_nb has no {unit}.")
    return [file]
