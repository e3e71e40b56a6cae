"""`python -m tests.faults kill --people 500 [--engine sqlite|postgresql] [--json]`.

The last line is one JSON object: {"kills", "acknowledged", "stored", "double", "control"}
and what else was found. The exit code is 0 only if everything acknowledged is stored,
nothing is stored twice or by halves, and the control arm went wrong.
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

from . import kill


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("fault", choices=["kill"])
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    asked = parser.parse_args(arguments)
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
            product = kill.product(databases, asked.people)
            control = kill.control(databases, asked.people)
            databases.close()
    finally:
        postgresql.stop()
    return tell(product, control, asked)


def tell(product: kill.Arm, control: kill.Arm, asked: argparse.Namespace) -> int:
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
    if not asked.json:
        verdict = "kept" if kept else "NOT KEPT"
        print(f"{verdict}: every check-in and check-out that was acknowledged")
    print(json.dumps(facts))
    return 0 if kept and product.kills and control.wrong else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
