"""Posts from a sheet and into one."""

import json
from io import BytesIO

import pytest
import xlsxwriter
from sqlalchemy import select

from tests import make
from tests.counting import queries
from tests.posts.conftest import EVENING, MORNING, NOW
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed
from volunteer.posts import sheets
from volunteer.posts.errors import ROW_TEXTS, PostColumnsMissing
from volunteer.posts.facts import facts_of
from volunteer.posts.models import Post, PostVersion
from volunteer.shifts.models import Shift

HEAD = ("编码", "名称", "类型", "路口", "责任单位", "轮换周期", "需要人数", "时段", "起始日期")
ROW = ("XAL-01", "府前路口", "路口", "府前路、新安路", "教育局", "固定", 4, "7：30～9：00", "")


def book(*rows, head=HEAD):
    file = BytesIO()
    workbook = xlsxwriter.Workbook(file)
    sheet = workbook.add_worksheet()
    for number, row in enumerate([("劝导点位表",), head, *rows]):
        sheet.write_row(number, 0, row)
    workbook.close()
    return file.getvalue()


def changed(**given):
    cells = dict(zip(HEAD, ROW, strict=True)) | given
    return tuple(cells.values())


@pytest.fixture
def bring(coordinator):
    def run(*rows, head=HEAD, **given):
        content = given.pop("content", None) or book(*rows, head=head)
        return sheets.import_posts(content, **{"actor": coordinator, "now": NOW, **given})

    return run


def posts():
    return db.session.scalars(select(Post).order_by(Post.code)).all()


def test_new_posts_open_their_shifts(bring, unit):
    sections = [make.unit(parent=unit, name=name) for name in ("一科", "二科")]
    turns = {"编码": "XAL-02", "责任单位": "一科、二科", "轮换周期": "周", "需要人数": ""}

    outcome = bring(
        ROW, changed(**turns, 时段="早7:30-9:00；晚5：00-6：30（周一至周五）"), ("合计", 2)
    )

    assert (outcome.new, outcome.updated, outcome.other_rows, outcome.errors) == (2, 0, 1, [])
    assert outcome.opened == len(db.session.scalars(select(Shift.id)).all()) == 20 + 41
    first, second = posts()
    assert (first.unit_id, first.roads, first.wanted) == (unit.id, "府前路、新安路", 4)
    assert [turn.unit_id for turn in second.turns] == [each.id for each in sections]
    assert (second.unit_id, second.wanted, len(second.windows)) == (unit.id, 2, 2)


def test_the_same_file_again_changes_nothing(bring):
    bring(ROW)

    again = bring(ROW)

    assert (again.new, again.updated, again.unchanged, again.opened) == (0, 0, 1, 0)
    assert db.session.scalars(select(PostVersion)).all() == []


def test_a_changed_row_is_a_version(bring):
    bring(ROW)

    outcome = bring(changed(需要人数=2, 时段="7:40-9:00"))

    assert (outcome.updated, outcome.unchanged) == (1, 0)
    assert db.session.scalars(select(PostVersion.number)).all() == [1]
    assert {shift.wanted for shift in db.session.scalars(select(Shift))} == {2}


def test_what_the_sheet_has_no_column_for_stays(bring, set_up):
    set_up(corners="东北角", capacity=6, kit="口哨")

    outcome = bring(
        ("XAL-01", "府前路西口", "教育局", "7:30-9:00"), head=("编码", "名称", "责任单位", "时段")
    )

    assert outcome.updated == 1
    post = posts()[0]
    assert (post.name, post.corners, post.capacity, post.kit) == ("府前路西口", "东北角", 6, "口哨")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"编码": ""}, "missing_code"),
        ({"编码": "新 1"}, "code_format"),
        ({"名称": ""}, "missing_name"),
        ({"名称": "路" * 61}, "too_long"),
        ({"类型": "广场舞"}, "unknown_place"),
        ({"责任单位": ""}, "missing_unit"),
        ({"责任单位": "没有这个单位"}, "unknown_unit"),
        ({"责任单位": "教育局、一科"}, "missing_turn"),
        ({"轮换周期": "周"}, "turn_units"),
        ({"轮换周期": "年"}, "unknown_turn_by"),
        ({"需要人数": "很多"}, "number_format"),
        ({"需要人数": 51}, "number_format"),
        ({"时段": ""}, "missing_windows"),
        ({"时段": "早上"}, "windows_format"),
        ({"时段": "9:00-7:30"}, "window_times"),
        ({"时段": "7:30-9:00；8:00-10:00"}, "windows_overlap"),
        ({"起始日期": "明天"}, "day_format"),
    ],
)
def test_every_wrong_cell_is_told_and_nothing_written(bring, unit, given, code):
    make.unit(parent=unit, name="一科")

    outcome = bring(changed(编码="XAL-09"), changed(**given))

    assert [(error.row, error.code) for error in outcome.errors] == [(4, code)]
    assert outcome.errors[0].column in HEAD
    assert code in ROW_TEXTS
    assert posts() == []


def test_codes_of_others_are_taken(bring, unit, set_up, coordinator):
    make.site(code="XAL-07")
    ended = set_up(code="XAL-08").post
    make.save(ended)
    from_elsewhere = make.unit()
    make.save(
        Post(
            code="XAL-09",
            name="别处",
            unit_id=from_elsewhere.id,
            site_id=make.site(unit=from_elsewhere).id,
            wanted=2,
            first_on=NOW.date(),
            created_at=NOW,
        )
    )

    outcome = bring(changed(编码="XAL-07"), changed(编码="XAL-09"), changed(编码="XAL-07"))

    assert [(error.row, error.code) for error in outcome.errors] == [
        (5, "duplicate_code"),
        (3, "code_taken"),
        (4, "code_taken"),
    ]


def test_only_checked_where_asked(bring):
    assert bring(ROW, dry_run=True).new == 1
    assert posts() == []


def test_what_leaves_comes_back(bring, set_up, unit, coordinator):
    sections = [make.unit(parent=unit) for _ in range(2)]
    set_up(corners="东北角", kit="红马甲、雨衣", capacity=9, place="school", size="major")
    set_up(
        code="XAL-02",
        site=None,
        address="府前路",
        windows=[MORNING._replace(season_from="10-01", season_until="04-30"), EVENING],
        turn_by="month",
        turn_units=sections,
        holidays="make_up",
        needs_training=False,
    )
    before = [facts_of(post) for post in posts()]

    content = sheets.export(actor=coordinator, title="劝导点位", note="")
    outcome = bring(content=content)

    assert (outcome.errors, outcome.new, outcome.updated, outcome.unchanged) == ([], 0, 0, 2)
    assert [facts_of(post) for post in posts()] == before


def test_a_list_of_something_else_is_refused(bring):
    with pytest.raises(PostColumnsMissing):
        bring(("一",), head=("姓名",))


def test_only_planners(bring):
    with pytest.raises(NotAllowed):
        bring(ROW, actor=make.actor_of(make.person()))


def test_checking_asks_little_however_many_rows(bring):
    def asked(count):
        rows = [changed(编码=f"P{number}") for number in range(count)]
        with queries() as found:
            bring(*rows, dry_run=True)
        return len(found)

    assert asked(20) == asked(2)


def test_from_the_shell(runner, tmp_path, unit, set_clock):
    set_clock(NOW)
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    good.write_bytes(book(ROW))
    bad.write_bytes(book(changed(名称="")))

    refused = runner.invoke(args=["posts", "import", str(bad), "--json"])
    done = runner.invoke(args=["posts", "import", str(good), "--json"])

    assert (refused.exit_code, done.exit_code) == (1, 0)
    told = json.loads(refused.stdout.splitlines()[-1])["errors"]
    assert [(each["row"], each["column"], each["code"]) for each in told] == [
        (3, "名称", "missing_name")
    ]
    assert "第 3 行" in refused.stderr
    assert json.loads(done.stdout.splitlines()[-1])["new"] == 1


def test_the_page(client, unit, set_clock):
    set_clock(NOW)
    actor = make.login(client, make.person(unit=unit), "coordinator")
    assert actor

    def upload(content):
        data = {"file": (BytesIO(content), "点位.xlsx")}
        return client.post("/posts/import", data=data, content_type="multipart/form-data")

    assert client.get("/posts/import").status_code == 200
    wrong = upload(book(changed(名称="")))
    right = upload(book(ROW))

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert "名称" in wrong.text
    sheet = client.get("/posts/export.xlsx")
    assert sheet.data.startswith(b"PK")
    again = upload(sheet.data)
    assert again.status_code == 303
    assert len(posts()) == 1
