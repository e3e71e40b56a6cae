"""`python -m tests.faults kill|import-kill|import-memory|sign-up-race [--engine ...] [--json]`.

    kill --people 500               the server is killed while people check in and out
    import-kill --kills 50          an import of 60,000 people is killed at random moments
    import-memory                   peak memory of an import, and of each hostile file
    sign-up-race --clients 200      so many want one place through two servers

The last line is one JSON object. The exit code is 0 only if nothing was lost, doubled or
left by halves, and the control arm went wrong.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests import postgresql
from tests.benchmarks.databases import DURABLE, Databases, require_durable
from volunteer.core import settings

from . import import_kill, import_memory, kill, sign_up_race

FAULTS = ("kill", "import-kill", "import-memory", "sign-up-race")
PEOPLE = {"kill": 500, "import-kill": 60_000, "import-memory": 60_000, "sign-up-race": 200}
#: Kills of an import without its transaction.
CONTROL_KILLS = 10


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("fault", choices=FAULTS)
    parser.add_argument("--people", type=int)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    asked = parser.parse_args(arguments)
    asked.people = asked.people or PEOPLE[asked.fault]
    if asked.people < 20:
        parser.error("at least 20 people are needed")
    for key in settings.KEYS:
        os.environ.pop(key, None)
    postgresql.OPTIONS = DURABLE
    postgresql.prepare()
    try:
        if asked.engine == "postgresql":
            require_durable()
        with tempfile.TemporaryDirectory(prefix="volunteer-faults-") as folder:
            databases = Databases(asked.engine, Path(folder))
            run = {
                "kill": checkins,
                "import-kill": imports,
                "import-memory": memory,
                "sign-up-race": sign_ups,
            }
            code = run[asked.fault](databases, asked)
            databases.close()
    finally:
        postgresql.stop()
    return code


def checkins(databases: Databases, asked: argparse.Namespace) -> int:
    product = kill.product(databases, asked.people)
    control = kill.control(databases, asked.people)
    facts = {
        "engine": asked.engine,
        "people": asked.people,
        "kills": product.kills,
        "acknowledged": len(product.acknowledged),
        "stored": len(product.stored),
        "lost": len(product.acknowledged - product.stored),
        "double": product.double,
        "half": product.half,
        "differing": product.differing,
        "control": control.wrong,
        "control_kills": control.kills,
        "control_double": control.double,
        "control_half": control.half,
    }
    kept = product.stored == product.acknowledged and not product.wrong
    tell(asked, facts, kept, "every check-in and check-out that was acknowledged")
    return 0 if kept and product.kills and control.wrong else 1


def imports(databases: Databases, asked: argparse.Namespace) -> int:
    template, file = import_kill.prepare(databases, asked.people)
    arm = import_kill.attack(databases, template, file, asked.people, kills=asked.kills, seed=1)
    control = import_kill.attack(
        databases,
        template,
        file,
        asked.people,
        kills=min(CONTROL_KILLS, asked.kills),
        seed=2,
        further=["--no-transaction"],
    )
    facts = {
        "engine": asked.engine,
        "people": asked.people,
        "kills": arm.kills,
        "partial": arm.partial,
        "nothing": arm.nothing,
        "everything": arm.everything,
        "killed_in": dict(arm.steps),
        "recovered": arm.recovered,
        "control_kills": control.kills,
        "control_partial": control.partial,
        "control_people": control.people,
    }
    kept = not arm.partial and arm.recovered
    tell(asked, facts, kept, "every import whole or not at all")
    return 0 if kept and control.partial else 1


def memory(databases: Databases, asked: argparse.Namespace) -> int:
    template, file = import_kill.prepare(databases, asked.people)
    files = import_memory.measure(databases, template, file)
    kept = all(each.is_bounded for each in files)
    facts = {
        "engine": asked.engine,
        "people": asked.people,
        "limit_mb": import_memory.LIMIT_MB,
        "files": [each._asdict() for each in files],
    }
    tell(asked, facts, kept, "memory within its bounds, every hostile file refused")
    return 0 if kept else 1


def sign_ups(databases: Databases, asked: argparse.Namespace) -> int:
    arms = {}
    for guarded, name in ((True, "product"), (False, "control")):
        folder = databases.folder / name
        folder.mkdir()
        arms[name] = sign_up_race.race(
            databases.migrated(), folder, clients=asked.clients, guarded=guarded
        )
    facts: dict[str, object] = {"engine": asked.engine, "clients": asked.clients}
    for name, rounds in arms.items():
        facts[name] = {title: each._asdict() for title, each in rounds.items()}
    product, control = arms["product"].values(), arms["control"].values()
    kept = all(each.placed == 1 and not each.errors for each in product)
    facts["overbooked_without_guards"] = sum(each.placed - 1 for each in control)
    tell(asked, facts, kept, "exactly one place given, whoever asked")
    return 0 if kept and all(each.placed > 1 for each in control) else 1


def tell(asked: argparse.Namespace, facts: dict[str, object], kept: bool, what: str) -> None:
    if not asked.json:
        print(f"{'kept' if kept else 'NOT KEPT'}: {what}")
    print(json.dumps(facts, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
