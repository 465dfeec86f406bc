"""Money, shares and rates are ints: no binary fraction may come near them."""

import ast
from typing import Final

# (file, function): why a fraction is right there. None of these touches an amount.
ALLOWED: Final[dict[tuple[str, str], str]] = {}

FLOAT_NAMES: Final = ("float", "numpy.float16", "numpy.float32", "numpy.float64", "math.sqrt")


def _fractions(source):
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and type(node.value) in (float, complex):
            yield node, f"literal {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node, "true division"
        elif isinstance(node, ast.Name | ast.Attribute) and source.dotted(node) in FLOAT_NAMES:
            yield node, source.dotted(node)
        elif isinstance(node, ast.Call) and source.dotted(node.func) == "round":
            yield node, "round() hides its rounding mode"


def test_no_fraction_in_money_code(money_sources):
    seen = [
        (source.path, source.scope_of(node), f"{source.path}:{node.lineno} {what}")
        for source in money_sources
        for node, what in _fractions(source)
    ]

    faults = [text for path, scope, text in seen if (path, scope) not in ALLOWED]
    stale = set(ALLOWED) - {(path, scope) for path, scope, _ in seen}
    assert ([], set()) == (faults, stale)


def test_the_reader_sees_each_kind_of_fraction():
    from types import SimpleNamespace

    code = "a = 0.5\nb = x / y\nb /= 2\nc = float(x)\nd = round(x)\ne = x // y\nf = '1.5'\n"
    source = SimpleNamespace(
        tree=ast.parse(code), dotted=lambda node: node.id if isinstance(node, ast.Name) else ""
    )

    assert [1, 2, 3, 4, 5] == sorted(node.lineno for node, _ in _fractions(source))
