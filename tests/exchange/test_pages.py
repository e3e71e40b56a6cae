"""The pages of the exchange: from the upload over the reconciliation to the ledger, by role."""

import re
from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from tests import counting, make
from tests.exchange import exports
from tests.exchange.exports import served
from volunteer.core.actor import Role
from volunteer.core.db import db
from volunteer.core.models import Journal
from volunteer.exchange.models import ExchangeFile, ExchangeTaking
from volunteer.hours.models import LedgerEntry

DAY = date(2026, 11, 5)


@pytest.fixture(autouse=True)
def today(app, set_clock):
    set_clock("2026-11-23 10:00")


@pytest.fixture
def keeper(client, community):
    holder = make.person(unit=community, name="周管理")
    make.login(client, holder, Role.UNIT_ADMIN)
    return holder


def upload(client, content, name="时长.xlsx", **given):
    data = {"file": (BytesIO(content), name), "unit": "AX", "kind": "", "value_unit": "", **given}
    return client.post("/exchange/import", data=data, content_type="multipart/form-data")


def brought(client, *rows, **given):
    """Upload durations and return the address of the file."""
    answer = upload(client, exports.durations(*rows, **given))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def facts_of(page, title):
    return re.sub(r"<[^>]+>", "", page.split(title)[1].split("</dd>")[0]).strip()


def test_from_the_upload_to_the_ledger_and_back(client, keeper, wang, community):
    li = make.person(unit=community, name="李秋")
    make.entry(person=li, minutes=118, on=DAY, source="attendance:9:1")
    zhao = make.person(unit=community, name="赵敏")
    make.entry(person=zhao, minutes=30, on=DAY, source="attendance:10:1")
    make.entry(person=zhao, minutes=45, on=date(2026, 11, 6), source="attendance:11:1")
    stranger = ("ZYH9", "陌生人", "19912345678", "", "清扫", "2026-11-06 09:00", "", 1)
    where = brought(
        client, served(wang), served(li), served(zhao), stranger, served(wang, phone="123")
    )

    page = client.get(where).text
    assert "用户自行上传下载文件；不是官方接口。" in client.get("/exchange").text
    assert "有 1 行有误" in page
    assert "请写成" not in page
    assert "123" in page
    assert "“2”读作 120 分钟" in page
    only_there = client.get(f"{where}/lines").text
    assert "仅志愿汇有：1" in only_there
    assert "王小雨" in only_there
    assert wang.phone not in only_there
    assert "李秋" in client.get(f"{where}/lines?state=agrees").text
    differs = client.get(f"{where}/lines?state=differs").text
    assert "赵敏" in differs
    unknown = client.get(f"{where}/lines?state=unknown").text
    assert "陌*" in unknown
    assert "陌生人" not in unknown
    assert "2026-11-06" in client.get(f"{where}/lines?state=only_here").text

    answer = client.post(
        f"{where}/take",
        data={"line": f"{wang.public_id}.2026-11-05", "reason": "与签到表核对一致"},
        follow_redirects=True,
    )
    assert "已接收 1 条，共 120 分钟。" in answer.text
    assert '仅志愿汇有 <span class="num">0</span>' in answer.text
    entry = db.session.scalar(select(LedgerEntry).filter_by(person_id=wang.id))
    assert (entry.minutes, entry.source_class) == (120, "imported")
    sums = client.get(where).text
    assert facts_of(sums, "本系统已接收</dt>") == "2:00"
    assert facts_of(sums, "本系统扫码</dt>") == "2:28"

    taking = db.session.scalar(select(ExchangeTaking.id))
    answer = client.post(
        f"{where}/undo", data={"taking": taking, "reason": "记错人"}, follow_redirects=True
    )
    assert "已用更正条目撤回 1 条，共 120 分钟。" in answer.text
    net = select(func.sum(LedgerEntry.minutes)).filter_by(person_id=wang.id)
    assert db.session.scalar(net) == 0
    assert "仅志愿汇有：1" in client.get(f"{where}/lines").text


def test_the_same_file_again_is_refused_with_its_moment(client, keeper, wang):
    content = exports.durations(served(wang))
    upload(client, content)

    again = upload(client, content, name="其他名字.xlsx")

    assert again.status_code == 409
    assert "该文件已于 2026-11-23 10:00 导入" in again.text
    assert db.session.scalar(select(func.count()).select_from(ExchangeFile)) == 1


def test_without_a_unit_in_the_header_the_person_decides(client, keeper, wang):
    header = (*exports.DURATIONS[:-1], "时长")
    content = exports.durations(served(wang, hours=90), header=header)

    refused = upload(client, content)
    assert refused.status_code == 400
    assert "没有写明是小时还是分钟" in refused.text
    accepted = upload(client, content, value_unit="minutes")

    assert accepted.status_code == 303
    assert "“90”读作 90 分钟" in client.get(accepted.headers["Location"]).text


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "文件为空"),
        (b"\xd0\xcf\x11\xe0old", 415, "另存为|保存为"),
        ("姓名,手机号\n王强,19900000001\n".encode(), 400, "没有找到表头"),
        (b"PK\x03\x04broken", 400, "损坏"),
    ],
)
def test_what_is_no_export_is_refused(client, keeper, content, status, words):
    answer = upload(client, content)

    assert answer.status_code == status
    assert re.search(words, answer.text)
    assert not db.session.scalar(select(func.count()).select_from(ExchangeFile))


def test_people_are_matched_and_their_numbers_kept(client, keeper, wang, community):
    """By phone first; when the phone has changed, by the number learnt before; never by name."""
    namesake = make.person(unit=community, name="孙小明")
    other = make.person(unit=community, name="吴刚")
    content = exports.people(
        ("ZYH000001", "王小雨", wang.phone, "红马甲", "群众"),
        ("ZYH000002", "孙小明", "19955550000", "红马甲", "群众"),
        ("ZYH000003", "不同名", other.phone, "红马甲", "群众"),
    )
    where = upload(client, content).headers["Location"]

    assert "王小雨" in client.get(f"{where}/lines?state=matched").text
    assert "姓名不符" in client.get(f"{where}/lines?state=doubtful").text
    assert "孙*" in client.get(f"{where}/lines?state=unknown").text
    only_here = client.get(f"{where}/lines?state=only_here").text
    assert namesake.name in only_here
    assert "王小雨" not in only_here

    late = brought(client, served(wang, number="ZYH000001", phone="19955559999"))
    assert "王小雨" in client.get(f"{late}/lines").text


def test_a_coordinator_sees_the_own_people_of_a_city_file(client, app, wang, community):
    """Foreign people are not there: not in lines, counts, search, or the saved list."""
    office = app.test_client()
    make.login(
        office, make.person(unit=make.unit(name="创建办")), Role.CITY_OFFICE, over=make.city()
    )
    stranger = make.person(unit=make.unit(name="别的社区", code="BX"), name="外单位某人")
    nobody = ("ZYH9", "陌生人", "19912345678", "", "清扫", "2026-11-06 09:00", "", 1)
    where = upload(
        office, exports.durations(served(wang), served(stranger), nobody), unit="CITY"
    ).headers["Location"]
    make.login(client, make.person(unit=community, name="周联络"), Role.COORDINATOR)

    assert "时长.xlsx" in client.get("/exchange").text
    page = client.get(f"{where}/lines").text
    assert "仅志愿汇有：1" in page
    assert "王小雨" in page
    assert "接收所选" not in page
    for path in ("lines", "lines?q=外单位", "lines?state=unknown", "lines?state=doubtful"):
        shown = client.get(f"{where}/{path}").text
        assert "外单位某人" not in shown
        assert "陌" not in shown
    assert client.get(f"{where}/lines?unit=BX").status_code == 404
    saved = client.post(f"{where}/save", data={"state": "only_there"})
    rows = CalamineWorkbook.from_filelike(BytesIO(saved.data)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in rows[3:]] == ["王小雨"]
    whole = office.get(f"{where}/lines").text
    assert "外单位某人" in whole


def test_a_file_of_other_units_is_not_there(client, keeper, wang):
    make.unit(name="别的社区", code="BX")
    holder = make.grant_of(Role.UNIT_ADMIN, make.unit(name="第三社区"))
    where = brought(client, served(wang))
    elsewhere = client.application.test_client()
    stranger = make.person(unit=make.unit(name="第四社区"))
    make.login(elsewhere, stranger, Role.UNIT_ADMIN)

    assert holder
    for path in ("", "/lines", "/lines?state=unknown"):
        assert elsewhere.get(f"{where}{path}").status_code == 404
    for verb in ("take", "undo", "match", "discard", "save"):
        data = {"line": f"{wang.public_id}.2026-11-05", "reason": "试试看"}
        assert elsewhere.post(f"{where}/{verb}", data=data).status_code == 404
    assert upload(elsewhere, exports.durations(served(wang)), unit="AX").status_code in {400, 404}


def test_a_file_without_takings_can_be_discarded(client, keeper, wang):
    where = brought(client, served(wang))

    assert "已删除" in client.post(f"{where}/discard", follow_redirects=True).text
    assert client.get(where).status_code == 404
    assert upload(client, exports.durations(served(wang))).status_code == 303


def test_a_file_with_takings_stays(client, keeper, wang):
    where = brought(client, served(wang))
    data = {"line": f"{wang.public_id}.2026-11-05", "reason": "核对一致"}
    client.post(f"{where}/take", data=data)

    assert client.post(f"{where}/discard").status_code == 409
    assert client.get(where).status_code == 200


def test_matching_anew_finds_who_has_come_since(client, keeper, wang, community):
    where = brought(client, served(None, name="新来的", phone="19955550001", number="ZYH77"))
    assert "查无此人" in client.get(where).text
    make.person(unit=community, name="新来的", phone="19955550001")

    answer = client.post(f"{where}/match", follow_redirects=True)

    assert "1 条有变化" in answer.text
    assert "新来的" in client.get(f"{where}/lines").text


def test_pages_turn_and_none_is_shown_twice(client, keeper, community):
    people = [make.person(unit=community, name="同名者") for _ in range(53)]
    where = brought(client, *(served(person) for person in people))

    first = client.get(f"{where}/lines").text
    onward = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(onward).text

    named = [re.findall(r'value="([0-9a-f]{16}\.[-0-9]+)"', page) for page in (first, second)]
    assert [len(each) for each in named] == [50, 3]
    assert len(set(named[0] + named[1])) == 53


def test_pages_ask_as_much_of_a_large_file_as_of_a_small_one(client, keeper, community):
    small = brought(client, served(make.person(unit=community, name="甲")))
    people = [make.person(unit=community, name=f"乙{'甲乙丙丁'[n % 4]}") for n in range(120)]
    rows = [
        served(person, f"2026-11-{day:02d} 09:00", f"2026-11-{day:02d} 10:00", 1)
        for person in people
        for day in range(2, 12)
    ]
    large = brought(client, *rows)

    for path in ("", "/lines", *(f"/lines?state={s}" for s in ("differs", "unknown", "only_here"))):
        assert counting.weigh(client, f"{large}{path}") == counting.weigh(client, f"{small}{path}")
    counting.weigh(client, "/exchange")


def test_saving_is_journalled_and_phones_are_masked(client, keeper, wang):
    where = brought(client, served(wang))

    answer = client.post(f"{where}/save", data={"state": "only_there"})

    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert "不是官方接口" in rows[1][0]
    assert rows[3][2:4] == ["王小雨", f"{wang.phone[:3]}****{wang.phone[-4:]}"]
    assert rows[3][7] == 2.0
    noted = db.session.scalar(select(Journal.body).where(Journal.action == "exchange.save"))
    assert noted == {"standing": "only_there", "rows": 1}
