"""Mutants of the modules on which no row may depend in vain, and whether their own fast tests notice.

python -m support.mutation [MODULE…] [--every N]   all of them, or each N-th mutant only

A mutant is a copy of a module with one thing changed: a comparison, a number, a condition, an operator, a
statement left out. It takes the module's place in a process of its own, which runs the module's tests.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

ROOT = Path(__file__).parents[2]
ENOUGH = 85
"""Percent of the mutants that the tests have to notice."""

# A mutant that never ends counts as noticed. The tests' own time limit cannot be relied on for that: raised
# inside a generated example, Hypothesis takes it for one failure among others and tries the example again.
_AT_LEAST_SECONDS = 20
_TIMES_AS_LONG = 8
# Nor may one that collects without end take the machine's memory.
_BYTES = 4 << 30
_SIDE_BY_SIDE = 2
_TESTS = {
    "tap_responsys.ledger": ("tests/tap/test_ledger.py", "tests/tap/test_history.py"),
    "tap_responsys.plan": ("tests/tap/test_ledger.py",),
    "tap_responsys.readiness": ("tests/tap/test_readiness.py",),
    "responsys_io.mergeresults": ("tests/io/test_restapi_merge_results.py",),
    "responsys_io.ratelimit": ("tests/io/test_ratelimit.py",),
    "responsys_io.remotereader": ("tests/io/test_remotereader.py",),
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A changed module: where, what, and its text."""

    line: int
    change: str
    source: str


def _changed(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901  a list of cases
    """Yield what a node can be turned into."""
    match node:
        case ast.Compare(ops=[op, *others]) if type(op) in _COMPARISONS:
            yield ast.Compare(node.left, [_COMPARISONS[type(op)](), *others], node.comparators)
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            yield ast.BinOp(node.left, _OPERATORS[type(op)](), node.right)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)  # type: ignore[operator]  # a number
        case ast.If() | ast.While() | ast.IfExp():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()


def _with(node: ast.AST, **changes: Any) -> ast.AST:
    other = copy.copy(node)
    for name, value in changes.items():
        setattr(other, name, value)
    return other


class _Replace(ast.NodeTransformer):
    def __init__(self, place: int, other: ast.AST) -> None:
        self.place, self.other, self.seen = place, other, -1

    def visit(self, node: ast.AST) -> Any:
        self.seen += 1
        if self.seen == self.place:
            return ast.copy_location(self.other, node)
        return self.generic_visit(node)


class _Nodes(ast.NodeVisitor):
    """All nodes in the order of `_Replace`."""

    def __init__(self) -> None:
        self.found: list[ast.AST] = []

    def visit(self, node: ast.AST) -> None:
        self.found.append(node)
        self.generic_visit(node)


def mutants(source: str) -> list[Mutant]:
    """Return a module's mutants; type annotations and what only a type checker reads stay as they are."""
    tree = ast.parse(source)
    for each in ast.walk(tree):
        # Unparsed, what is not executed has to go, or it would be changed as well.
        if isinstance(each, ast.FunctionDef):
            each.returns = None
            for argument in (*each.args.args, *each.args.kwonlyargs):
                argument.annotation = None
    tree.body = [
        node
        for node in tree.body
        if not isinstance(node, ast.If) or "TYPE_CHECKING" not in ast.dump(node.test)
    ]
    unchanged = ast.unparse(tree)
    nodes = _Nodes()
    nodes.visit(tree)
    found = []
    for place, node in enumerate(nodes.found):
        for other in _changed(node):
            changed = _Replace(place, other).visit(copy.deepcopy(tree))
            text = ast.unparse(ast.fix_missing_locations(changed))
            name = f"{ast.unparse(node)}  ->  {ast.unparse(ast.fix_missing_locations(copy.deepcopy(other)))}"
            if text != unchanged:
                found.append(Mutant(getattr(node, "lineno", 0), " ".join(name.split())[:150], text))
    return found


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from another text."""

    def __init__(self, module: str, source: str, path: str) -> None:
        self.module, self.source, self.path = module, source, path

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, self.path, "exec"), module.__dict__)  # noqa: S102  the mutant


def _started(module: str, path: str, source: str, tests: Sequence[str]) -> int:
    """Run a module's tests in a new process group, with another text of it; return the process's id."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    sys.meta_path.insert(0, _Finder(module, source, path))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore", "-o", "timeout=0"]
    os._exit(int(bool(pytest.main([*options, *tests]))))


def survivors(
    module: str, path: str, sources: Sequence[str], tests: Sequence[str], seconds: float
) -> Iterator[int]:
    """Yield the places of those texts with which a module's tests pass, each within so many seconds."""
    running: dict[int, tuple[int, float]] = {}
    waiting = list(enumerate(sources))
    while waiting or running:
        while waiting and len(running) < _SIDE_BY_SIDE:
            place, source = waiting.pop(0)
            running[_started(module, path, source, tests)] = place, time.monotonic() + seconds
        child, status = os.waitpid(-1, os.WNOHANG)
        if child:
            place, _ = running.pop(child)
            if not status:
                yield place
            continue
        for late in [child for child, (_, end) in running.items() if time.monotonic() > end]:
            # With what it has started. Its end is seen above.
            os.killpg(late, signal.SIGKILL)
        time.sleep(0.05)


def score(module: str, every: int) -> tuple[int, int]:
    """Print a module's survivors; return how many mutants were noticed, of how many."""
    path = str(ROOT / module.partition(".")[0].replace("_", "-") / f"{module.replace('.', '/')}.py")
    source = Path(path).read_text(encoding="utf-8")
    tests = _TESTS[module]
    begun = time.monotonic()
    if not list(survivors(module, path, [source], tests, seconds=600)):
        raise SystemExit(f"The tests of {module} fail without a mutant")
    seconds = max(_AT_LEAST_SECONDS, _TIMES_AS_LONG * (time.monotonic() - begun))
    chosen = mutants(source)[::every]
    alive = 0
    for place in survivors(module, path, [mutant.source for mutant in chosen], tests, seconds):
        alive += 1
        print(f"  {module}:{chosen[place].line}: {chosen[place].change}", flush=True)  # noqa: T201  output
    return len(chosen) - alive, len(chosen)


def main(arguments: Sequence[str]) -> int:
    """Print the score of each module; return 1 when one is too low."""
    parser = argparse.ArgumentParser(prog="mutation")
    parser.add_argument("modules", nargs="*", default=list(_TESTS))
    parser.add_argument("--every", type=int, default=1)
    wanted = parser.parse_args(arguments)
    # What takes long to import is there before the processes part.
    for name in ("hypothesis", "paramiko", "requests", "singer_sdk"):
        importlib.import_module(name)
    low = False
    for module in wanted.modules:
        noticed, number = score(module, wanted.every)
        percent = 100 * noticed / number
        low |= percent < ENOUGH
        print(f"{percent:5.1f} %  {noticed} of {number} mutants of {module}", flush=True)  # noqa: T201
    return int(low)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
