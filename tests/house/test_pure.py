"""`rules`, `access` and `errors` know neither the web nor the database (law 4)."""

import sys

import pytest

from tests.house.sources import MODULES, imports, short

#: What each kind may import beside the standard library.
MAY = {
    "rules": {
        "volunteer.core.actor",
        "volunteer.core.clock",
        "volunteer.people.pinyin",  # a dictionary of readings
        "chinese_calendar",  # a table of holidays
        "dateutil",  # arithmetic of days
    },
    "access": {
        "volunteer.core.access",
        "volunteer.core.actor",
        "volunteer.core.clock",
        "volunteer.core.errors",
    },
    "errors": {"volunteer.core.errors", "volunteer.core.i18n", "volunteer.core.tables"},
}
#: Among each other they may, upwards within the feature and down the order.
PURE = set(MAY)


@pytest.mark.parametrize("kind", sorted(MAY))
def test_stays_pure(kind):
    wrong = []
    for path in MODULES:
        if path.stem != kind or path.parent.name == "core":
            continue
        for target in imports(path):
            parts = target.split(".")
            pure = parts[0] in sys.stdlib_module_names or any(
                target == known or target.startswith(f"{known}.") for known in MAY[kind]
            )
            sibling = parts[0] == "volunteer" and parts[1] != "core" and parts[2] in PURE
            if not (pure or sibling):
                wrong.append(f"{short(path)} imports {target}")
    assert not wrong, "\n".join(wrong)
