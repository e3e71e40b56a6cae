"""A unit's month: every shift in its cell, the gaps counted, light and in few queries."""

import re
from datetime import timedelta

from tests import make
from tests.boards.conftest import NOW
from tests.counting import weigh
from tests.make import at
from volunteer.boards import months
from volunteer.core.actor import Role
from volunteer.core.clock import Month

now = at(NOW)
DECEMBER = Month(2026, 12)


def december(unit, **given):
    return months.board(DECEMBER.start, DECEMBER.end, under=[unit.path], now=now, **given)


def test_every_shift_stands_in_its_cell(unit, site, morning, evening, wang):
    make.assignment(person=wang, shift=morning)
    activity = make.shift(
        unit=unit, kind="activity", title="周五清扫", starts="2026-12-04 15:00", wanted=0
    )
    make.shift(site=site, kind="post", starts="2026-11-30 17:00")  # not of the month
    make.shift(site=site, kind="post", starts="2027-01-01 07:30")
    make.shift(starts="2026-12-04 15:00", title="别家的")

    board = december(unit)

    assert [(each.kind, each.title) for each in board.columns] == [
        ("post", morning.title),
        ("activity", activity.title),
    ]
    assert len(board.days) == 31
    first = board.days[0]
    assert [slot.public_id for slot in first.cells[0]] == [morning.public_id, evening.public_id]
    assert [(slot.assigned, slot.missing) for slot in first.cells[0]] == [(1, 1), (0, 2)]
    assert [name for _, name in first.cells[0][0].people] == ["王芳"]
    assert first.missing == 3
    assert [line.day.day for line in board.days if line.cells[1]] == [4]


def test_a_local_day_is_a_line(unit, site):
    """Half past midnight here is the day before in UTC, and the month before."""
    make.shift(site=site, starts="2026-12-01 00:30")
    make.shift(site=site, starts="2026-12-31 23:30")

    filled = [line.day.day for line in december(unit).days if any(line.cells)]

    assert filled == [1, 31]


def test_nobody_is_missing_where_it_is_over_or_cancelled(unit, site):
    make.shift(site=site, starts="2026-12-01 04:00", minutes=60)
    make.shift(site=site, starts="2026-12-02 07:30", state="cancelled", cancel_reason="暴雨")

    board = december(unit)

    assert sum(line.missing for line in board.days) == 0
    assert board.days[1].cells[0][0].cancelled


def test_many_names_are_cut_and_counted(unit, site):
    shift = make.shift(site=site, starts="2026-12-02 07:30", wanted=9)
    for _ in range(7):
        make.assignment(shift=shift)

    slot = december(unit).days[1].cells[0][0]

    assert (len(slot.people), slot.more, slot.assigned, slot.missing) == (4, 3, 7, 2)


def test_the_page_is_light_however_large_the_unit_is(desk, unit):
    """Ten posts with two windows a day, each with two people, six times as large as usual."""
    posts = [make.site(unit=unit, name=f"第{number}路口") for number in range(10)]
    people = [make.person(unit=unit) for _ in range(40)]
    for day in range(28):
        for number, post in enumerate(posts):
            for window in range(2):
                starts = at("2026-12-01 07:30") + timedelta(days=day, hours=window * 9)
                shift = make.shift(
                    site=post, kind="post", title=post.name, starts=starts, minutes=60
                )
                for person in people[number * 4 + window * 2 :][:2]:
                    make.assignment(person=person, shift=shift)

    asked = weigh(desk, f"/boards/{unit.code}/2026-12")
    page = desk.get(f"/boards/{unit.code}/2026-12").text
    parts = sorted(map(int, set(re.findall(r"page=(\d+)", page))))
    shown = [
        set(re.findall(r"第\d+路口", desk.get(f"/boards/{unit.code}/2026-12?page={part}").text))
        for part in parts
    ]

    assert asked <= 15
    assert len(parts) > 1
    assert set.union(*shown) == {post.name for post in posts}
    assert sum(map(len, shown)) == len(posts)


def test_a_gap_is_said_in_words_and_a_cancelled_shift_is_struck_through(
    desk, unit, site, morning, wang
):
    make.assignment(person=wang, shift=morning)
    make.shift(site=site, starts="2026-12-02 07:30", state="cancelled", cancel_reason="暴雨")

    page = desk.get(f"/boards/{unit.code}/2026-12").text

    assert "还缺 1 人" in page.split("</h1>")[0]
    slots = [part.split("</div>")[0] for part in page.split('<div class="slot')[1:]]
    [gap] = [slot for slot in slots if slot.startswith(" gap")]
    assert "缺 1" in gap
    assert "王芳" in gap
    [off] = [slot for slot in slots if slot.startswith(" off")]
    assert "已取消" in off
    assert '<tr id="d01" class="today gaps' in page


def test_only_days_with_gaps(desk, unit, site, morning):
    full = make.shift(site=site, starts="2026-12-02 07:30", wanted=0, title="够了的")

    page = desk.get(f"/boards/{unit.code}/2026-12?gaps=1").text

    assert morning.public_id in page
    assert full.public_id not in page


def test_an_empty_month_says_what_to_do(desk, unit):
    page = desk.get(f"/boards/{unit.code}/2027-03").text

    assert "还没有场次" in page
    assert "/posts/new" in page


def test_a_foreign_unit_and_a_wrong_month_do_not_exist(desk, unit):
    assert desk.get(f"/boards/{make.unit().code}/2026-12").status_code == 404
    assert desk.get(f"/boards/{unit.code}/2026-13").status_code == 404
    assert desk.get(f"/boards/{unit.code}/2026-12?page=99").status_code == 200
    assert desk.get(f"/boards/{unit.code}/2026-12?moved=99").status_code == 200


def test_who_only_reads_moves_nobody(client, unit, morning, wang, set_clock):
    set_clock(NOW)
    place = make.assignment(person=wang, shift=morning)
    make.login(client, make.person(unit=unit), Role.SYSTEM_LEAD)

    page = client.get(f"/boards/{unit.code}/2026-12").text

    assert "王芳" in page
    assert f"/boards/places/{place.id}" not in page
    assert client.get(f"/boards/places/{place.id}").status_code in {403, 404}


def test_holidays_and_make_up_days_are_marked(desk, unit, site):
    make.shift(site=site, starts="2026-10-10 07:30")

    page = desk.get(f"/boards/{unit.code}/2026-10").text

    lines = {int(part[:2]): part.split("</th>")[0] for part in page.split('<tr id="d')[1:]}
    assert "国庆节" in lines[1]
    assert "国庆节" in lines[3]  # a Saturday
    assert "调休上班" in lines[10]  # another Saturday
    assert "rest" in lines[1]
    assert "rest" not in lines[10]
    assert "rest" in lines[11]
    assert "tag" not in lines[12]
