"""A file's name says what is in it, and one can read it in one sitting."""

import ast

from tests.house.sources import MODULES, PACKAGE, ROOT, TESTS, short, tree
from volunteer.features import FEATURES

TOP = {
    "app.py",
    "volunteer",
    "templates",
    "static",
    "migrations",
    "tests",
    "requirements.txt",
    "README.md",
    "pyproject.toml",
}

#: What a working copy has besides, and git ignores.
LOCAL = {"instance", "__pycache__", "node_modules"}

#: What a feature may be made of (architecture.md).
PARTS = {
    "__init__",
    "models",
    "rules",
    "errors",
    "access",
    "queries",
    "service",
    "forms",
    "views",
    "api",
    "jobs",
    "commands",
}

#: The nouns that features add of their own. A new one is a decision: say it here.
OWN = {
    "people": {
        "card_views",
        "cards",
        "categories",
        "columns",
        "copies",
        "exports",
        "hooks",
        "import_views",
        "importer",
        "intake",
        "landing",
        "merge_views",
        "merging",
        "own_views",
        "pinyin",
        "qualifying",
        "record_views",
        "records",
        "refused",
        "register",
        "requests",
        "runs",
        "staged",
        "staging",
    },
    "activities": {"changing", "opening", "series_views", "words"},
    "accounts": {"coordinators", "logins", "passwords", "persons", "slips"},
    "posts": {
        "change_views",
        "columns",
        "facts",
        "importer",
        "kit",
        "opening",
        "sheet_views",
        "sheets",
        "window_form",
        "wording",
    },
    "attendance": {
        "asking",
        "browser",
        "by_hand",
        "claim_views",
        "claims",
        "counting",
        "deciding",
        "devices",
        "enrolment",
        "evidence",
        "intervals",
        "overriding",
        "persons",
        "phone_clock",
        "place",
        "post_card",
        "poster",
        "presence",
        "queue_views",
        "reading",
        "receipts",
        "recording",
        "recounting",
        "roll_call",
        "roll_views",
        "rotating",
        "scanned",
        "scanned_views",
        "scanner_list",
        "scanner_views",
        "scanners",
        "screen_views",
        "stories",
        "tickets",
        "tokens",
        "tries",
        "undoing",
        "uploads",
        "verdicts",
    },
    "reminders": {"words"},
    "boards": {
        "calendar_views",
        "calendars",
        "inspections",
        "months",
        "sheet_views",
        "sheets",
        "standing",
        "watch_views",
    },
    "audits": {"balance", "census", "integrity", "listing", "record", "workbook"},
    "exchange": {
        "columns",
        "comparison",
        "lines",
        "matching",
        "obstacles",
        "reading",
        "taking",
        "workbook",
    },
    "home": {
        "demo",
        "demo_answers",
        "demo_grids",
        "demo_history",
        "demo_load",
        "demo_names",
        "demo_people",
        "demo_posts",
        "demo_records",
        "demo_shifts",
        "demo_words",
        "navigation",
        "serving",
    },
    "rosters": {
        "checker",
        "crowds",
        "exact",
        "filling",
        "flow",
        "import_views",
        "importer",
        "mending",
        "naming",
        "past",
        "planning",
        "problem",
        "publishing",
        "reading",
        "reasons",
        "run_views",
        "runs",
        "sharing",
        "solver",
    },
    "shifts": {
        "call_offs",
        "calling_off",
        "candidates",
        "checkin",
        "checkin_views",
        "copy_views",
        "copying",
        "edit_views",
        "editing",
        "gate",
        "notices",
        "persons",
        "place_views",
        "places",
        "taking_back",
        "walk_ins",
    },
    "targets": {"training"},
    "grids": {"importer"},
    "signups": {
        "days_off",
        "persons",
        "places",
        "colleagues",
        "swapping",
        "taking",
        "waitlist",
    },
}

CORE = {
    "__init__",
    "access",
    "actor",
    "addresses",
    "assets",
    "background",
    "clock",
    "db",
    "errors",
    "forms",
    "fragments",
    "headers",
    "health",
    "i18n",
    "jobs",
    "journal",
    "lists",
    "login",
    "logs",
    "memory",
    "models",
    "packages",
    "paging",
    "payload",
    "progress",
    "settings",
    "sheets",
    "shell",
    "startup",
    "tables",
    "tokens",
    "triggers",
    "workbooks",
}

NOBODYS = {"util", "utils", "helper", "helpers", "common", "misc", "shared", "base", "lib"}
LONGEST = 400


def test_the_top_level_holds_what_the_map_says():
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - LOCAL <= TOP


def test_every_folder_is_a_feature_in_the_order():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == {*FEATURES, "core", "translations"}
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "features.py"}


def test_a_feature_is_made_of_known_parts():
    wrong = []
    for path in MODULES:
        folder = path.parent.name
        if path.parent.parent != PACKAGE:
            assert path.parent == PACKAGE, f"{short(path)} lies too deep"
            continue
        known = CORE if folder == "core" else PARTS | OWN.get(folder, set())
        if path.stem not in known:
            wrong.append(short(path))
    assert not wrong, f"not in the list of {__file__}: {wrong}"


def test_nothing_is_a_lost_property_room():
    wrong = [short(path) for path in [*MODULES, *TESTS] if path.stem in NOBODYS]
    assert not wrong


def test_no_module_outgrows_a_reader():
    long = {
        short(path): lines
        for path in [*MODULES, *TESTS, ROOT / "app.py"]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert not long


def test_every_module_says_what_belongs_in_it():
    silent = [short(path) for path in MODULES if not ast.get_docstring(tree(path))]
    assert not silent


def test_a_feature_begins_with_words_only():
    wrong = [
        short(path)
        for path in PACKAGE.glob("*/__init__.py")
        if len(tree(path).body) != 1 or not ast.get_docstring(tree(path))
    ]
    assert not wrong
