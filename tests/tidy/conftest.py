"""The code itself, parsed once, for tests that read it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from venule import __file__ as PACKAGE_FILE

PACKAGE = Path(PACKAGE_FILE).parent
MONEY_ROOMS = ("ledger", "members", "wallet", "books", "fund", "escrow")


@dataclass(frozen=True)
class Scope:
    """A function or class and where it stands, such as `Money.scale`."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(repr=False)
class Source:
    """One Python file. `path` counts from the package, as in `kit/money.py`."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def room(self) -> str:
        """The folder in the package; the file's own name for `app.py` and its like."""
        return self.path.split("/", maxsplit=1)[0].removesuffix(".py")

    @property
    def name(self) -> str:
        return self.path.rsplit("/", maxsplit=1)[-1]

    @property
    def module(self) -> str:
        parts = self.path.removesuffix(".py").removesuffix("__init__").strip("/").split("/")
        return ".".join(["venule", *filter(None, parts)])

    @cached_property
    def scopes(self) -> list[Scope]:
        return list(_scopes(self.tree, ""))

    def scope_of(self, node: ast.AST) -> str:
        """Name the innermost function or class around a node; '' at the top of the file."""
        line = node.lineno
        around = [s for s in self.scopes if s.node.lineno <= line <= s.node.end_lineno]
        return max(around, key=lambda s: s.node.lineno).name if around else ""

    @cached_property
    def imports(self) -> dict[str, str]:
        """Map each local name to the dotted name that it was imported from."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.split(".", maxsplit=1)[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{self.origin(node)}.{alias.name}"
        return names

    def origin(self, node: ast.ImportFrom) -> str:
        """Return the absolute module of a `from ... import`."""
        if not node.level:
            return node.module or ""
        package = self.module.split(".")
        if self.name != "__init__.py":
            package = package[:-1]
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])

    def dotted(self, node: ast.expr) -> str:
        """Return `numpy.random.rand` for `np.random.rand`; '' for what is not a plain name."""
        tail: list[str] = []
        while isinstance(node, ast.Attribute):
            tail.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.imports.get(node.id, node.id), *reversed(tail)])


def _scopes(node: ast.AST, prefix: str) -> Iterator[Scope]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            yield Scope(name, child)
            yield from _scopes(child, f"{name}.")
        else:
            yield from _scopes(child, prefix)


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """Every Python file of the package."""
    return [
        Source(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


@pytest.fixture(scope="session")
def rooms(sources: list[Source]) -> list[str]:
    """The folders of the package that hold code."""
    return sorted({source.room for source in sources if "/" in source.path})


@pytest.fixture(scope="session")
def money_sources(sources: list[Source]) -> list[Source]:
    """The files that compute with money, shares or rates."""
    return [s for s in sources if s.room in MONEY_ROOMS or s.path == "kit/money.py"]


@pytest.fixture(scope="session")
def committed(repository: Path) -> list[Path]:
    """Every file that is or would be committed."""
    found = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    if found.returncode:
        pytest.skip("needs a git work tree")
    names = sorted(filter(None, found.stdout.split("\0")))
    return [repository / name for name in names if (repository / name).is_file()]
