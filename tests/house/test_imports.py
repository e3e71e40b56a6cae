"""Imports point down, through public files only (architecture.md, law 1)."""

import ast
from pathlib import Path

from tests.house.sources import (
    MIGRATIONS,
    MODULES,
    ROOT,
    TESTS,
    at_module_level,
    imported,
    imports,
    name,
    short,
    tree,
)
from volunteer.features import FEATURES

PUBLIC = {"models", "service", "queries", "rules", "errors", "notices", "editing"}
KNOWN = {name(path): path for path in MODULES}


def test_imports_point_down_through_public_files():
    wrong = []
    for path in MODULES:
        here = name(path).split(".")
        if len(here) < 2 or here == ["volunteer", "features"]:
            continue
        for target in imports(path):
            there = target.split(".")
            if there[0] != "volunteer" or there[1:2] in (["core"], here[1:2]):
                continue
            if len(there) < 3 or there[1] not in FEATURES:
                wrong.append(f"{short(path)} imports {target}, which is no part of a feature")
            elif here[1] not in FEATURES:
                wrong.append(f"{short(path)} stands under all features and imports {target}")
            elif FEATURES.index(there[1]) > FEATURES.index(here[1]):
                wrong.append(f"{short(path)} imports {target}, which is above")
            elif there[2] not in PUBLIC:
                wrong.append(f"{short(path)} imports {target}, which is private to {there[1]}")
    assert not wrong, "\n".join(wrong)


def test_imports_stand_at_the_top_of_the_file():
    wrong = []
    for path in [*MODULES, *MIGRATIONS, *TESTS, ROOT / "app.py"]:
        for function in ast.walk(tree(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                wrong += [
                    f"{short(path)}:{node.lineno} imports inside a function"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Import | ast.ImportFrom)
                ]
        wrong += [
            f"{short(path)} imports by name at run time"
            for target in imports(path)
            if target.startswith("importlib.import_module") and short(path) != FEATURE_LOADER
        ]
    assert not wrong, "\n".join(sorted(set(wrong)))


FEATURE_LOADER = "volunteer/features.py"


def test_the_program_knows_nothing_of_its_tests():
    wrong = [
        f"{short(path)} imports {target}"
        for path in [*MODULES, *MIGRATIONS, ROOT / "app.py"]
        for target in imports(path)
        if target.split(".")[0] in {"tests", "pytest"}
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_by_a_detour():
    graph = {here: below(path) - {here} for here, path in KNOWN.items()}
    done: set[str] = set()
    for start in graph:
        assert not (ring := _ring(start, graph, done, [])), " -> ".join(ring)


def below(path: Path) -> set[str]:
    """Return the modules of the program that must be there before this one."""
    found = set()
    for node in at_module_level(tree(path)):
        for target in imported(path, node):
            while target and target not in KNOWN:
                target = target.rpartition(".")[0]
            if target:
                found.add(target)
    return found


def _ring(here: str, graph: dict[str, set[str]], done: set[str], way: list[str]) -> list[str]:
    if here in way:
        return [*way[way.index(here) :], here]
    if here in done:
        return []
    for there in sorted(graph[here]):
        if ring := _ring(there, graph, done, [*way, here]):
            return ring
    done.add(here)
    return []
