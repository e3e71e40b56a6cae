"""The inbox: everybody's own, and nobody else's."""

import pytest
from sqlalchemy import select

from tests import counting, make
from tests.make import at
from volunteer.core.actor import SYSTEM
from volunteer.core.db import db
from volunteer.core.errors import NotAllowed, NotFound
from volunteer.reminders import queries, service
from volunteer.reminders.models import Reminder
from volunteer.reminders.words import HEADINGS, TOLD
from volunteer.shifts.notices import Notice

NOW = at("2026-03-21 10:00")


@pytest.fixture
def wang(app):
    return make.person(name="王小雨")


def test_a_shortfall_is_told_in_a_sentence_with_the_day_and_the_gap(client, wang):
    make.reminder(person=wang, required_minutes=120, served_minutes=45)
    make.login(client, wang)

    page = client.get("/inbox").text

    assert "截至 3月20日 星期五，您本月还差 1 小时 15 分钟" in page
    assert "/hours?month=2026-03" in page
    assert "为什么收到" in page


def test_a_cancelled_shift_is_told_with_its_reason(client, wang):
    shift = make.shift(title="早高峰文明劝导", state="cancelled", cancel_reason="暴雨")
    make.reminder(
        person=wang,
        kind="shift_cancelled",
        period=f"shift:{shift.id}",
        shift_id=shift.id,
        required_minutes=None,
        served_minutes=None,
    )
    make.login(client, wang)

    page = client.get("/inbox").text

    assert "早高峰文明劝导" in page
    assert "暴雨" in page


@pytest.mark.parametrize("notice", sorted(set(Notice) - {Notice.SHIFT_CANCELLED}))
def test_every_notice_about_a_shift_has_its_heading_and_its_sentence(client, wang, notice):
    shift = make.shift(title="早高峰文明劝导", site=make.site(name="府前路口"))
    service.tell(notice, [wang.id], f"shift:{shift.id}", shift.id, NOW)
    make.login(client, wang)

    page = client.get("/inbox").text

    with client.application.test_request_context():
        heading, told = str(HEADINGS[notice.value]), str(TOLD[notice.value])
    assert heading in page
    assert told in page
    assert "早高峰文明劝导" in page
    assert "府前路口" in page


def test_reading_marks_and_a_repeat_keeps_the_first_moment(client, wang, set_clock):
    message = make.reminder(person=wang)
    make.login(client, wang)
    set_clock(NOW)

    assert "未读" in client.get("/inbox").text
    assert client.post(f"/inbox/{message.id}/read").status_code == 303
    set_clock("2026-03-22 10:00")
    client.post(f"/inbox/{message.id}/read")

    db.session.expire_all()
    assert db.session.get_one(Reminder, message.id).read_at == NOW
    assert queries.unread(wang.id) == 0


def test_all_are_read_at_once_and_only_the_own(client, wang):
    stranger = make.person()
    for person in (wang, stranger):
        for month in ("2026-01", "2026-02"):
            make.reminder(person=person, period=month)
    make.login(client, wang)

    client.post("/inbox/read-all")

    assert (queries.unread(wang.id), queries.unread(stranger.id)) == (0, 2)


def test_the_messages_of_others_are_not_there(client, wang):
    foreign = make.reminder(person=make.person())
    make.login(client, wang)

    assert client.post(f"/inbox/{foreign.id}/read").status_code == 404
    assert client.post("/inbox/999999/read").status_code == 404
    with pytest.raises(NotFound):
        service.mark_read(foreign.id, actor=make.actor_of(wang), now=NOW)
    assert db.session.scalars(select(Reminder)).one().read_at is None


def test_the_system_has_no_inbox(app):
    with pytest.raises(NotAllowed):
        service.mark_all_read(actor=SYSTEM, now=NOW)


def test_opening_the_inbox_reads_nothing(client, wang):
    make.reminder(person=wang)
    make.login(client, wang)

    client.get("/inbox")

    assert queries.unread(wang.id) == 1


def test_the_bell_counts_and_the_pages_turn(client, wang):
    for year in range(2000, 2025):
        make.reminder(person=wang, period=f"{year}-01")
    make.login(client, wang)

    first = client.get("/inbox").text
    assert "25 条未读消息" in first
    assert first.count('id="m-') == 20
    last = queries.inbox(wang.id, limit=20)[-1].id
    assert client.get(f"/inbox?before={last}").text.count('id="m-') == 5
    assert client.get("/inbox?before=99999999999999999999").status_code == 200
    counting.weigh(client, "/inbox")
