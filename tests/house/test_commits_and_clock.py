"""Only `core/db.py` commits and makes engines; only `core/clock.py` tells the time (laws 2, 3)."""

import re

from tests.house.sources import MODULES, ROOT, calls, imports, short

DATABASE = "volunteer/core/db.py"
CLOCK = "volunteer/core/clock.py"
#: May measure how long something took, which is no time of day.
STOPWATCHES = {"perf_counter", "monotonic"}
DOORS = {"views", "api", "jobs", "commands"}
#: Doors by another name: they are started by a person or stand in core.
OTHER_DOORS = {
    "volunteer/attendance/counting.py",
    "volunteer/home/demo.py",
    "volunteer/home/serving.py",
}
TELLS_TIME = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today)$"
    r"|^time\.(?!(sleep|perf_counter|monotonic)$)[a-z_]+$"
    r"|^func\.(now|current_timestamp|localtimestamp)$"
)
SOURCES = [*MODULES, ROOT / "app.py"]


def test_only_core_db_commits():
    wrong = [
        f"{short(path)}:{call.lineno} {what}()"
        for path in SOURCES
        if short(path) != DATABASE
        for call, what in calls(path)
        if what.split(".")[-1] in {"commit", "begin_nested"}
    ]
    assert not wrong, "\n".join(wrong)


def test_one_place_makes_engines():
    """Another `create_engine` would open the SQLite file with the older library."""
    wrong = [
        f"{short(path)}:{call.lineno} {what}()"
        for path in SOURCES
        for call, what in calls(path)
        if what.split(".")[-1] in {"create_engine", "engine_from_config"}
        or (what.endswith((".connect", "dbapi2.connect")) and what.startswith("sqlite"))
    ]
    wrong += [
        f"{short(path)} imports {target}"
        for path in SOURCES
        if short(path) != DATABASE
        for target in imports(path)
        if target.split(".")[0] in {"sqlite3", "pysqlite3"}
    ]
    assert not wrong, "\n".join(wrong)


def test_only_core_clock_tells_the_time():
    wrong = [
        f"{short(path)}:{call.lineno} {what}()"
        for path in SOURCES
        if short(path) != CLOCK
        for call, what in calls(path)
        if TELLS_TIME.search(what)
    ]
    wrong += [
        f"{short(path)} imports {target}: a test could not set it"
        for path in SOURCES
        for target in imports(path)
        if target in {"volunteer.core.clock.now", "time.time"}
    ]
    assert not wrong, "\n".join(wrong)


def test_the_clock_is_read_at_doors():
    wrong = [
        f"{short(path)}:{call.lineno}"
        for path in MODULES
        for call, what in calls(path)
        if what == "clock.now"
        and path.parent.name != "core"
        and path.stem.rpartition("_")[2] not in DOORS
        and short(path) not in OTHER_DOORS
    ]
    assert not wrong, "\n".join(wrong)
