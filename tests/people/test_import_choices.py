"""What a person decides of a file: sheet, columns, units, and who has left."""

import re
from datetime import date

import pytest
from sqlalchemy import select, update

from tests import make
from tests.counting import weigh
from tests.make import at
from tests.people.sheets import xlsx
from tests.people.test_guided_import import GOOD, confirm, settled, upload
from volunteer.core.actor import SYSTEM, Role
from volunteer.core.db import db, transaction
from volunteer.people import queries, runs
from volunteer.people.models import ImportRun, Membership, Person
from volunteer.people.staging import ImportAbsence, ImportRow
from volunteer.units.models import Unit

NOW = at("2026-11-23 09:00")
HEADER = ("姓名", "手机号", "单位")


@pytest.fixture
def school(app, set_clock):
    set_clock(NOW)
    return make.unit(name="新安江小学", code="S01")


@pytest.fixture
def admin(client, school):
    person = make.person(unit=make.unit(), name="管理员")
    make.login(client, person, Role.UNIT_ADMIN, over=school)
    return person


def previewed(client, content, **data):
    address = upload(client, content, **data)
    return address, settled(client, address)


def choose(client, address, **data):
    answer = client.post(f"{address}/choose", data=data)
    assert answer.status_code == 303, answer.text
    return settled(client, address)


def run():
    db.session.rollback()
    return db.session.scalar(select(ImportRun))


def test_unknown_headers_are_offered_for_matching_and_never_guessed(client, admin):
    """Bad input A4."""
    content = xlsx(GOOD, header=("姓名", "电话", "单位"))

    address, page = previewed(client, content)

    assert run().state == "asking"
    assert 'name="column-1"' in page
    assert "电话" in page
    assert "19901234567" not in page

    columns = {"column-0": "name", "column-1": "phone", "column-2": "unit"}
    page = choose(client, address, what="columns", sheet="花名册", row=1, **columns)

    assert run().counts["accepted"] == 1
    assert "电话 → " in page


def test_a_needed_column_left_aside_is_asked_for_again(client, admin):
    address, _ = previewed(client, xlsx(GOOD, header=("姓名", "电话", "单位")))

    page = choose(client, address, what="columns", sheet="花名册", row=1, **{"column-0": "name"})

    assert run().state == "asking"
    assert 'name="column-1"' in page


@pytest.mark.parametrize(
    ("place", "state"), [("7", "failed"), ("99999", "failed"), ("9" * 5000, "ready")]
)
def test_a_column_that_is_not_there_is_refused_or_no_column(client, admin, place, state):
    address, _ = previewed(client, xlsx(GOOD, header=("姓名", "电话", "单位")))

    columns = {"column-0": "name", "column-1": "phone", "column-2": "unit"}
    columns = {**columns, f"column-{place}": "category"}
    choose(client, address, what="columns", sheet="花名册", row=1, **columns)

    assert run().state == state
    assert state == "ready" or run().failure == "import_choice"


def test_a_header_twice_is_told_with_both_letters_and_may_be_chosen_between(client, admin):
    """Bad input A5."""
    content = xlsx(
        ("王芳", "1", "19901234567", "新安江小学"), header=("姓名", "手机", "手机号", "单位")
    )

    address, page = previewed(client, content)

    assert re.search("B.*C", page)
    columns = {"column-0": "name", "column-2": "phone", "column-3": "unit"}
    choose(client, address, what="columns", sheet="花名册", row=1, **columns)
    assert run().counts["accepted"] == 1


def test_of_two_sheets_with_people_a_person_chooses(client, admin):
    """Bad input A10."""
    other = ("李强", "19901230002", "新安江小学")
    content = xlsx(GOOD, header=HEADER, further=[("第二张", [HEADER, other])])

    address, page = previewed(client, content)

    assert "第二张" in page
    choose(client, address, what="sheet", sheet="第二张")

    confirm(client, address)
    settled(client, address)
    assert db.session.scalar(select(Person.phone).where(Person.name == "李强"))
    assert run().counts["reading"]["other_sheets"] == ["花名册"]


def test_an_unknown_unit_is_chosen_and_holds_for_all_its_rows(client, admin):
    """Bad input A32."""
    rows = (("王芳", "19901230001", "新安江 小学校"), ("李强", "19901230002", "新安江小学校"))

    address, page = previewed(client, xlsx(*rows, header=HEADER))

    assert run().counts["rejected"] == {"unknown_unit": 2}
    assert "（S01）" in page or "(S01)" in page

    choose(client, address, what="units", unit_key="新安江小学校", unit_code="S01")
    assert run().counts["accepted"] == 2


def test_a_choice_that_means_nothing_is_refused(client, admin):
    address, _ = previewed(client, xlsx(GOOD, header=HEADER))

    assert client.post(f"{address}/choose", data={"what": "else"}).status_code == 400
    assert client.post(f"{address}/choose", data={"what": "columns"}).status_code == 400


def test_a_landed_import_is_not_chosen_about(client, admin):
    address, _ = previewed(client, xlsx(GOOD, header=HEADER))
    confirm(client, address)
    settled(client, address)

    assert client.post(f"{address}/choose", data={"what": "whole"}).status_code == 409


@pytest.fixture
def missing(school):
    """Three people of the school whom the roster lacks."""
    return [
        make.person(unit=school, name=name, from_on=date(2020, 9, 1))
        for name in ("赵敏", "钱程", "孙丽")
    ]


def whole(client):
    address = upload(client, xlsx(GOOD, header=HEADER), whole="yes")
    return address, settled(client, address)


def test_nobody_is_listed_as_missing_unless_the_roster_is_whole(client, admin, missing):
    _, page = previewed(client, xlsx(GOOD, header=HEADER))

    assert "/absences" not in page
    assert db.session.query(ImportAbsence).count() == 0


def test_who_is_missing_from_a_whole_roster_is_listed_and_stays_by_itself(client, admin, missing):
    address, page = whole(client)

    assert f"{address}/absences" in page
    listed = client.get(f"{address}/absences").text
    assert all(person.name in listed for person in missing)
    assert missing[0].phone not in listed

    confirm(client, address)
    settled(client, address)
    db.session.rollback()
    assert {person.state for person in missing} == {"active"}


def test_the_missing_leave_move_or_stay_as_was_chosen(client, admin, missing, school):
    branch = make.unit(name="分校", code="S02", parent=school)
    left, moved, here = missing
    make.grant(person=left, role=Role.COORDINATOR, unit=school)
    coming = make.shift(starts="2026-12-01 09:00", unit=school)
    place = make.assignment(person=left, shift=coming)
    address, _ = whole(client)

    answer = client.post(
        f"{address}/absences",
        data={
            "person": [person.public_id for person in missing],
            f"choice-{left.public_id}": "left",
            f"choice-{moved.public_id}": "transferred",
            f"unit-{moved.public_id}": "S02",
            f"choice-{here.public_id}": "still_here",
        },
    )
    assert answer.status_code == 303
    db.session.rollback()
    assert left.state == "active"
    confirm(client, address)
    settled(client, address)

    db.session.rollback()
    assert [person.state for person in missing] == ["left", "active", "active"]
    assert place.state == "cancelled"
    assert make.actor_of(left).grants == frozenset()
    today, yesterday = date(2026, 11, 23), date(2026, 11, 22)
    assert queries.unit_on(left.id, today) is None
    assert queries.unit_on(left.id, yesterday).id == school.id
    assert queries.unit_on(moved.id, today).id == branch.id
    assert queries.unit_on(moved.id, yesterday).id == school.id
    assert queries.unit_on(here.id, today).id == school.id


def test_a_transfer_of_somebody_missing_needs_a_unit_of_ones_own(client, admin, missing):
    """P10."""
    make.unit(name="市教育局", code="E01")
    address, _ = whole(client)
    who = missing[0].public_id

    answer = client.post(
        f"{address}/absences",
        data={"person": who, f"choice-{who}": "transferred", f"unit-{who}": "E01"},
    )

    assert answer.status_code in (400, 404, 409)
    assert set(db.session.scalars(select(ImportAbsence.choice))) == {"still_here"}


def test_somebody_without_a_phone_is_there_by_name(client, admin, school):
    make.person(unit=school, name="王芳", phone=None)
    make.person(unit=school, name="无机老人", phone=None)

    address, _ = whole(client)

    assert run().counts["absent"] == 1
    assert "无机老人" in client.get(f"{address}/absences").text


def test_foreign_people_are_never_listed_as_missing(client, admin, school):
    """P10."""
    make.person(unit=make.unit(name="市教育局"), name="外人")

    whole(client)

    assert db.session.query(ImportAbsence).count() == 0


def test_a_register_changed_by_hand_makes_the_preview_stale(client, admin, school):
    make.person(unit=make.unit(parent=school), name="王芳", phone="19901234567")
    address, _ = previewed(client, xlsx(GOOD, header=HEADER))
    person = db.session.scalar(select(Person).filter_by(phone="19901234567"))
    other = make.unit(parent=school)
    moved = update(Membership).where(Membership.person_id == person.id).values(unit_id=other.id)
    with transaction() as session:
        session.execute(moved)

    confirm(client, address)
    settled(client, address)

    assert (run().state, run().failure) == ("failed", "stale_preview")


@pytest.mark.parametrize("choice", ["left", "transferred"])
@pytest.mark.parametrize("change", ["moved", "left", "unit ended", "rights"])
def test_somebody_missing_who_has_changed_makes_the_preview_stale(
    client, admin, missing, school, choice, change
):
    branch, other = (make.unit(name=name, parent=school) for name in ("分校", "别处"))
    foreign, who = make.unit(name="市教育局"), missing[0]
    branch_id, code = branch.id, branch.code
    address, _ = whole(client)
    data = {"person": who.public_id, f"choice-{who.public_id}": choice}
    if choice == "transferred":
        data[f"unit-{who.public_id}"] = code
    client.post(f"{address}/absences", data=data)
    membership = update(Membership).where(Membership.person_id == who.id)
    changes = {
        "moved": membership.values(unit_id=other.id),
        "left": update(Person).where(Person.id == who.id).values(state="left"),
        "unit ended": update(Unit).where(Unit.id == branch_id).values(ended_on=NOW.date()),
        "rights": update(ImportAbsence)
        .where(ImportAbsence.person_id == who.id)
        .values(old_unit_id=foreign.id),
    }
    with transaction() as session:
        session.execute(changes[change])
        if change == "rights":
            session.execute(membership.values(unit_id=foreign.id))

    confirm(client, address)
    settled(client, address)

    stale = (choice, change) != ("left", "unit ended")
    assert run().failure == ("stale_preview" if stale else None)


def test_somebody_whom_the_roster_names_by_a_merged_phone_is_not_missing(client, admin, school):
    kept = make.person(unit=school, name="王芳", phone="19901230009")
    make.person(
        name="王芳",
        phone="19901234567",
        state="merged",
        merged_into_id=kept.id,
        until_on=date(2026, 6, 1),
    )

    whole(client)

    assert run().counts["absent"] == 0


def test_an_address_with_an_endless_number_is_no_error_of_ours(client, admin):
    address, _ = previewed(client, xlsx(GOOD, header=HEADER))

    assert client.get(f"{address}?show=new&after={10**30}").status_code == 200
    assert client.post(f"/people/categories/{10**30}/end").status_code == 404


def test_a_phone_registered_in_between_makes_the_preview_stale(client, admin, school):
    address, _ = previewed(client, xlsx(GOOD, header=HEADER))
    make.person(unit=school, name="别人", phone="19901234567")

    confirm(client, address)
    settled(client, address)

    assert (run().state, run().failure) == ("failed", "stale_preview")
    assert db.session.query(Membership).join(Person).filter(Person.name == "王芳").count() == 0


def test_rows_are_filtered_by_kind_and_paged(client, admin, school):
    wrong = [("赵敏", f"1990{number}", "新安江小学") for number in range(60)]
    rows = [*wrong, ("王芳", "19901239999", "没有"), ("李 强", "19901230002", "新安江小学")]

    address, page = previewed(client, xlsx(*rows, header=HEADER))
    further = client.get(f"{address}?show=refused&after=51").text
    units = client.get(f"{address}?show=refused&code=unknown_unit").text
    flagged = client.get(f"{address}?show=flagged").text

    assert page.count('data-label="') == 50 * 5
    assert "第 62 行" in further
    assert units.count('<th scope="row">') == 1
    assert "李强" in flagged
    assert "199****0002" in flagged


def test_the_page_asks_as_often_for_many_rows_as_for_few(client, admin, school):
    def asked(number):
        rows = [("王芳", f"1990{n:07d}", "新安江小学") for n in range(number)]
        wrong = [("赵敏", f"x{n}", "没有") for n in range(number)]
        address, _ = previewed(client, xlsx(*rows, *wrong, header=HEADER))
        return weigh(client, address)

    assert asked(3) == asked(300)


def test_the_night_forgets_what_is_needed_no_more(client, admin, school):
    address, _ = previewed(client, xlsx(GOOD, ("李强", "1", "新安江小学"), header=HEADER))
    confirm(client, address, accept_good_rows="yes")
    settled(client, address)
    settled(client, upload(client, xlsx(GOOD, header=HEADER)))

    runs.clear(now=at("2026-11-24 03:20"))
    left = set(db.session.scalars(select(ImportRow.action)))
    db.session.rollback()
    runs.clear(now=at("2027-01-24 03:20"))

    assert "refused" in left
    assert db.session.query(ImportRow).count() == 0
    assert {each.state for each in db.session.scalars(select(ImportRun))} == {"landed"}


def test_the_shell_import_is_stale_where_another_landed_meanwhile(school, monkeypatch):
    def other(*given, **further):
        monkeypatch.undo()
        runs.import_people(xlsx(("李强", "19901230002", "S01")), "b.xlsx", actor=SYSTEM, now=NOW)
        return landed(*given, **further)

    landed = runs._land
    monkeypatch.setattr(runs, "_land", other)

    with pytest.raises(runs.StalePreview):
        runs.import_people(xlsx(("王芳", "19901230001", "S01")), "a.xlsx", actor=SYSTEM, now=NOW)
    assert set(db.session.scalars(select(Person.name))) == {"李强"}
