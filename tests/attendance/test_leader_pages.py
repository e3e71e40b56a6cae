"""The leader's pages: who is there, the roll, and what waits for a decision."""

import re

import pytest
from sqlalchemy import event

from tests import make
from tests.attendance.conftest import attendance_of, entries_of
from tests.make import at
from volunteer.attendance import roll_call
from volunteer.attendance.models import Attendance
from volunteer.core.actor import Role
from volunteer.core.db import db


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def live(scene) -> str:
    return f"/shifts/{scene.shift.public_id}/live"


@pytest.fixture
def leader(scene, client, set_clock):
    set_clock("2026-03-07 09:10")
    return make.login(client, scene.leader)


class TestLive:
    def test_figures_then_people(self, scene, live, leader, client):
        li = make.person(unit=scene.unit, name="李四", phone="19901235678")
        make.assignment(person=li, shift=scene.shift)
        scene.come("08:55")

        page = client.get(live)

        figures = re.findall(r"<dt>([^<]+)</dt><dd><strong>(\d+)</strong>", page.text)
        assert [number for _, number in figures] == ["2", "1", "0", "1"]
        assert "199****5678" in page.text
        assert "19901235678" not in page.text
        for word in ("王小雨", "李四", "08:55"):
            assert word in page.text

    def test_absent_only_after_the_end(self, scene, live, leader, client, set_clock):
        before = client.get(live).text
        set_clock("2026-03-07 11:00")
        after = client.get(live).text

        assert "tag bad" not in before
        assert "tag bad" in after

    def test_htmx_fetches_the_part(self, live, leader, client):
        page = client.get(live)
        part = client.get(live, headers={"HX-Request": "true"})

        assert f'hx-get="{live}"' in page.text
        assert "<h1" not in part.text
        assert "王小雨" in part.text
        assert "HX-Request" in part.headers["Vary"]

    def test_case_92_one_query_for_the_list(self, scene, live, leader, client):
        def queries() -> int:
            seen = []

            def look(connection, cursor, statement, *_):
                seen.append(statement)

            event.listen(db.engine, "before_cursor_execute", look)
            client.get(live, headers={"HX-Request": "true"})
            event.remove(db.engine, "before_cursor_execute", look)
            return len(seen)

        few = queries()
        for _ in range(20):
            make.assignment(person=make.person(unit=scene.unit), shift=scene.shift)

        assert queries() == few

    @pytest.mark.parametrize(
        ("role", "status", "calls"),
        [
            (Role.COORDINATOR, 200, True),
            (Role.UNIT_ADMIN, 200, True),
            (Role.SYSTEM_LEAD, 200, False),
            (None, 404, False),
        ],
    )
    def test_who_may_look(self, scene, live, client, set_clock, role, status, calls):
        set_clock("2026-03-07 09:10")
        make.login(client, make.person(unit=scene.unit), *([role] if role else []))

        page = client.get(live)

        assert page.status_code == status
        assert ("roll-call" in page.text) == calls

    def test_a_foreign_coordinator_may_not(self, scene, live, client):
        make.login(client, make.person(), Role.COORDINATOR)

        assert client.get(live).status_code == 404
        assert client.get("/shifts/0123456789abcdef/live").status_code == 404


class TestRoll:
    def url(self, scene) -> str:
        return f"/shifts/{scene.shift.public_id}/roll-call"

    def call(self, scene, client, **form):
        url = self.url(scene)
        facts = {
            "person": scene.wang.public_id,
            "direction": "in",
            "reason": "phone_dead",
            **form,
        }
        return client.post(url, data=facts)

    def test_present_and_gone(self, scene, live, leader, client, set_clock):
        came = self.call(scene, client)
        set_clock("2026-03-07 10:10")
        went = self.call(scene, client, direction="out", reason="other", words="提前去医院")

        assert (came.status_code, came.headers["Location"]) == (303, self.url(scene))
        assert went.status_code == 303
        entry = entries_of(scene.wang)
        assert [line[:2] for line in entry] == [(60, "manual")]
        assert "tag open" in client.get(live).text

    @pytest.mark.parametrize(
        "form",
        [
            {"person": ""},
            {"reason": ""},
            {"reason": "because"},
            {"direction": "up"},
            {"reason": "other"},
            {"reason": "other", "words": "长" * 81},
        ],
    )
    def test_an_incomplete_form_comes_back(self, scene, leader, client, form, count):
        answer = self.call(scene, client, **form)

        assert answer.status_code == 400
        assert count(Attendance) == 0

    def test_a_foreign_person_is_unknown(self, scene, leader, client):
        stranger = make.person()

        assert self.call(scene, client, person=stranger.public_id).status_code == 404

    def test_oneself_is_refused(self, scene, leader, client):
        make.assignment(person=scene.leader, shift=scene.shift)

        assert self.call(scene, client, person=scene.leader.public_id).status_code == 403

    def test_before_check_in_opens_there_is_no_form(self, scene, live, leader, client, set_clock):
        set_clock("2026-03-07 08:30")

        assert "roll-call" not in client.get(live).text
        page = client.get(self.url(scene)).text
        assert "08:45" in page
        assert 'name="person"' not in page
        refused = self.call(scene, client)
        assert refused.status_code == 409
        assert "08:45" in refused.text

    def test_after_the_end_the_whole_shift(self, scene, live, leader, client, set_clock):
        set_clock("2026-03-07 15:00")

        assert self.call(scene, client).status_code == 303
        assert [line[0] for line in entries_of(scene.wang)] == [120]


class TestConfirmations:
    @pytest.fixture
    def forgotten(self, scene, set_clock):
        scene.come("09:10")
        roll_call.close_forgotten(now=at("2026-03-07 12:05"))
        set_clock("2026-03-08 08:00")
        return attendance_of(scene.wang, scene.shift)

    def url(self, attendance, verb: str) -> str:
        return f"/confirmations/{attendance.id}/{verb}"

    def test_the_queue_and_its_empty_state(self, scene, forgotten, client):
        make.login(client, make.person(unit=scene.unit), Role.COORDINATOR)
        full = client.get("/confirmations").text
        client.post(self.url(forgotten, "confirm"), data={"reason": "全程在岗"})
        empty = client.get("/confirmations").text

        assert "王小雨" in full
        assert 'class="empty"' in empty
        assert [line[:2] for line in entries_of(scene.wang)] == [(110, "manual")]

    def test_with_a_stated_time(self, scene, forgotten, client):
        make.login(client, scene.leader)

        answer = client.post(
            self.url(forgotten, "confirm"), data={"reason": "提前走", "left_at": "10:10"}
        )

        assert answer.status_code == 303
        assert [line[0] for line in entries_of(scene.wang)] == [60]

    def test_a_time_outside_the_shift_is_told_beside_its_field(self, scene, forgotten, client):
        make.login(client, scene.leader)

        answer = client.post(
            self.url(forgotten, "confirm"), data={"reason": "x", "left_at": "08:00"}
        )

        assert answer.status_code == 400
        assert f'id="left_at-{forgotten.id}-error"' in answer.text
        assert 'value="08:00"' in answer.text

    def test_over_midnight_the_hour_is_of_the_next_day(self, scene, client, set_clock):
        night = make.shift(
            starts="2026-03-07 22:00", minutes=480, site=scene.site, leader=scene.leader
        )
        make.assignment(person=scene.wang, shift=night)
        scene.come("22:00")
        roll_call.close_forgotten(now=at("2026-03-08 07:00"))
        set_clock("2026-03-08 08:00")
        make.login(client, scene.leader)

        attendance = attendance_of(scene.wang, night)
        client.post(self.url(attendance, "confirm"), data={"reason": "x", "left_at": "04:00"})

        assert [line[0] for line in entries_of(scene.wang)] == [360]

    def test_rejecting(self, scene, forgotten, client):
        make.login(client, scene.leader)

        assert client.post(self.url(forgotten, "reject"), data={}).status_code == 400
        answer = client.post(self.url(forgotten, "reject"), data={"reason": "不在岗"})

        assert answer.status_code == 303
        assert attendance_of(scene.wang, scene.shift).state == "void"

    def test_a_reason_is_required(self, scene, forgotten, client):
        make.login(client, scene.leader)

        answer = client.post(self.url(forgotten, "confirm"), data={"reason": " \x00 "})

        assert answer.status_code == 400
        assert entries_of(scene.wang) == []

    def test_ones_own_has_no_form(self, scene, forgotten, client):
        make.login(client, scene.wang, Role.COORDINATOR)

        page = client.get("/confirmations")
        answer = client.post(self.url(forgotten, "confirm"), data={"reason": "x"})

        assert "王小雨" in page.text
        assert '<form class="form"' not in page.text
        assert answer.status_code == 403

    def test_foreign_ones_do_not_exist(self, scene, forgotten, client):
        make.login(client, make.person(), Role.COORDINATOR)

        assert "王小雨" not in client.get("/confirmations").text
        for data in ({"reason": "x"}, {}):
            for verb in ("confirm", "reject"):
                assert client.post(self.url(forgotten, verb), data=data).status_code == 404
        assert client.post("/confirmations/99999999999999999999/confirm").status_code == 404

    def test_the_pages_turn(self, scene, forgotten, client, monkeypatch):
        monkeypatch.setattr("volunteer.attendance.queue_views.PAGE", 1)
        other = make.shift(starts="2026-03-07 14:00", site=scene.site)
        make.assignment(person=scene.wang, shift=other)
        scene.come("14:00")
        roll_call.close_forgotten(now=at("2026-03-07 18:00"))
        make.login(client, make.person(unit=scene.unit), Role.COORDINATOR)

        first = client.get("/confirmations").text
        following = re.search(r'rel="next" href="([^"]+)"', first).group(1)
        second = client.get(following).text

        assert f"/confirmations/{forgotten.id}/confirm" in second
        assert 'rel="next"' not in second
        assert client.get("/confirmations?before=99999999999999999999").status_code == 200
