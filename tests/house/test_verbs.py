"""A verb asks who may before it writes, and is told the time (laws 3 and 5)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import MODULES, PACKAGE, short, tree

#: Modules that hold verbs: they open transactions for somebody.
NOT_VERBS = {"jobs", "commands", "views", "api"}
#: Verbs on what is the caller's own: that it is, is all that there is to ask.
OWN = {
    ("accounts", "change_password"),
    ("accounts", "change_phone"),
    ("accounts", "end_login"),
    ("accounts", "log_out"),
}
WRITES = ("session.add", "session.delete", "session.execute", "session.merge", "journal.write")


def verbs() -> Iterator[tuple[Path, ast.FunctionDef, ast.With]]:
    """Yield every public function that somebody (`actor`) calls and that opens a transaction."""
    for path in MODULES:
        if path.parent.name == "core" or path.parent == PACKAGE or path.stem in NOT_VERBS:
            continue
        for function in tree(path).body:
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            names = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
            for node in ast.walk(function):
                if isinstance(node, ast.With) and "transaction()" in ast.unparse(node.items[0]):
                    if "actor" in names:
                        yield path, function, node
                    break


def test_a_verb_asks_access_before_it_writes():
    """Directly, or by a function of its own module that does."""
    wrong = []
    for path, function, block in verbs():
        if (path.parent.name, function.name) in OWN:
            continue
        asking = _asking(path)
        for statement in [*_before(function, block), *block.body]:
            words = ast.unparse(statement)
            if asking.search(words):
                break
            if any(write in words for write in WRITES):
                wrong.append(f"{short(path)}:{statement.lineno} {function.name} writes unasked")
                break
        else:
            wrong.append(f"{short(path)}:{function.lineno} {function.name} never asks access")
    assert not wrong, "\n".join(wrong)


def _before(function: ast.FunctionDef, block: ast.With) -> list[ast.stmt]:
    return [each for each in function.body if each.lineno < block.lineno]


def _asking(path: Path) -> re.Pattern[str]:
    """Match what asks: `access.…`, or a function of this module that calls it."""
    names = {"access\\."}
    while True:
        found = {
            rf"\b{function.name}\("
            for function in tree(path).body
            if isinstance(function, ast.FunctionDef)
            and re.search("|".join(names), ast.unparse(function).partition(":")[2])
        }
        if found <= names:
            return re.compile("|".join(names))
        names |= found


def test_a_verb_is_told_the_time():
    """`now` is handed down by keyword, never given a default that would hide a clock."""
    wrong = [
        f"{short(path)}:{function.lineno} {function.name}"
        for path, function, _ in verbs()
        if not {"now", "clock"} & {each.arg for each in function.args.kwonlyargs}
        or any(each is not None for each in _default_of(function, "now"))
    ]
    assert not wrong, "\n".join(wrong)


def _default_of(function: ast.FunctionDef, name: str) -> list[ast.expr | None]:
    return [
        default
        for each, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if each.arg == name
    ]
