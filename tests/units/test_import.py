"""`units import`: parents in any order, one wrong row stops all, a repeat changes nothing."""

import json
from pathlib import Path

import pytest

from tests import make
from tests.make import at
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed
from volunteer.core.models import Journal
from volunteer.units import queries, service
from volunteer.units.errors import UnitAmbiguous, UnitUnknown
from volunteer.units.models import Unit

NOW = at("2026-11-23 09:00")
ROWS = (
    ("33018201", "白沙社区", "3301", "community"),
    ("3301", "新安江街道", "33", "township"),
    ("33", "建德市", "", "city"),
    ("D01", "市教育局", "33", "department"),
    ("3302", "梅城镇", "33", "township"),
    ("33018202", "白沙社区", "3302", "community"),
)


def rows(*lines):
    return [service.UnitRow(number, *line) for number, line in enumerate(lines, start=2)]


def brought_in(*lines):
    return service.import_units(rows(*lines or ROWS), actor=SYSTEM, now=NOW)


def csv_file(folder: Path, *lines, encoding="utf-8") -> str:
    path = folder / "units.csv"
    text = "\r\n".join(",".join(line) for line in (("编码", "名称", "上级编码", "类型"), *lines))
    path.write_bytes(text.encode(encoding))
    return str(path)


def test_parents_may_come_after_their_children(app):
    outcome = brought_in()

    assert (outcome.units, outcome.new, outcome.errors) == (6, 6, [])
    child, parent, root = (queries.by_code(code) for code in ("33018201", "3301", "33"))
    assert root.path == f"/{root.id}/"
    assert child.path == f"/{root.id}/{parent.id}/{child.id}/"
    assert child.parent_id == parent.id


def test_the_same_file_again_changes_nothing(app):
    brought_in()

    outcome = brought_in()

    assert (outcome.units, outcome.new) == (6, 0)
    assert db.session.query(Journal).filter_by(action="units.import").count() == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("", "无编码", "33", "community"), "missing_code"),
        (("X1", " \u3000", "33", "community"), "missing_name"),
        (("X1", "某社区" * 30, "33", "community"), "too_long"),
        (("X1", "某社区", "33", "planet"), "unknown_kind"),
        (("X1", "某社区", "99", "community"), "unknown_parent"),
        (("X1", "某社区", "", "community"), "wrong_root"),
        (("X1", "另一个市", "", "city"), "wrong_root"),
        (("D01", "市教育局", "33", "department"), "duplicate_code"),
        (("X1", "市教育局", "33", "department"), "duplicate_name"),
        (("X1", "某社区", "X1", "community"), "circle"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_written(app, line, code):
    outcome = brought_in(*ROWS, line)

    assert (8, code) in [(error.line, error.code) for error in outcome.errors]
    assert db.session.query(Unit).count() == 0


def test_a_code_with_other_facts_is_refused(app):
    brought_in()

    outcome = brought_in(("D01", "教育体育局", "33", "department"))

    assert [error.code for error in outcome.errors] == ["different"]
    assert queries.by_code("D01").name == "市教育局"


def test_only_the_city_office_keeps_the_tree(app):
    unit = make.unit()
    with pytest.raises(NotAllowed):
        service.import_units(rows(*ROWS), actor=make.grant_of(Role.UNIT_ADMIN, unit), now=NOW)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_command_reads_what_excel_writes(runner, tmp_path, encoding):
    result = runner.invoke(
        args=["units", "import", csv_file(tmp_path, *ROWS, encoding=encoding), "--json"]
    )

    assert json.loads(result.stdout.splitlines()[-1]) == {"units": 6, "rejected": 0}
    assert result.exit_code == 0


def test_the_command_ends_with_1_on_a_wrong_row(runner, tmp_path):
    source = csv_file(tmp_path, *ROWS, ("X1", "某社区", "99", "community"))

    result = runner.invoke(args=["units", "import", source, "--json"])

    assert result.exit_code == 1
    assert json.loads(result.stdout.splitlines()[-1]) == {"units": 0, "rejected": 1}
    assert "第 8 行" in result.stderr


def test_the_command_ends_with_2_without_a_file(runner, tmp_path):
    assert runner.invoke(args=["units", "import", str(tmp_path / "none.csv")]).exit_code == 2


def test_a_cell_names_a_unit_by_code_name_or_parent(app):
    brought_in()
    index = queries.load_index(on=NOW.date())

    assert index.find(" 市教育局\u3000").code == "D01"
    assert index.find("３３０２").code == "3302"
    assert index.find("梅城镇/白沙社区").code == "33018202"
    assert index.find("建德市／新安江街道／白沙社区").code == "33018201"
    with pytest.raises(UnitAmbiguous):
        index.find("白沙社区")
    with pytest.raises(UnitUnknown):
        index.find("梅城镇/市教育局")


def test_an_index_finds_only_within_its_scope(app):
    brought_in()
    township = queries.by_code("3302")
    index = queries.load_index(on=NOW.date(), under=[township.path])

    assert index.find("白沙社区").code == "33018202"
    with pytest.raises(UnitUnknown):
        index.find("市教育局")


def test_the_listing_follows_the_tree(app):
    brought_in()

    lines = queries.listing()

    assert [(line.depth, line.name) for line in lines] == [
        (0, "建德市"),
        (1, "新安江街道"),
        (2, "白沙社区"),
        (1, "梅城镇"),
        (2, "白沙社区"),
        (1, "市教育局"),
    ]
    below = queries.listing(under=[queries.by_code("3302").path])
    assert [(line.depth, line.code) for line in below] == [(0, "3302"), (1, "33018202")]


def test_the_units_of_the_demo_city_are_those_of_the_shared_file():
    shared = Path("/work/shared/data/units.csv")
    ours = Path(__file__).parents[2] / "volunteer/home/data/units.csv"

    assert len(ours.read_text(encoding="utf-8").splitlines()) == 416
    if shared.exists():
        assert ours.read_bytes() == shared.read_bytes()
