"""A roster from a sheet: bad files, the page and the shell."""

import json
from io import BytesIO

import pytest

from tests import make
from tests.rosters.sheets import HEAD, ROW, WHO, assigned, book, changed
from volunteer.core.actor import Role
from volunteer.core.sheets import FileRefused
from volunteer.core.tables import FileEmpty, NoRows, TooManyRows
from volunteer.rosters import importer
from volunteer.rosters.errors import RosterColumnsMissing, RosterHeaderTwice, SeveralRosterSheets


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b" ", FileEmpty),
        (b"%PDF-1.7", FileRefused),
        (b"PK\x03\x04 no sheet", FileRefused),
        (book(), NoRows),
        (book(head=("姓名", "年龄")), RosterColumnsMissing),
        (book(head=(*HEAD, "日期")), RosterHeaderTwice),
        (book(ROW, sheets=2), SeveralRosterSheets),
        (",".join(HEAD).encode() + b"\n,,,x" * 5_001, TooManyRows),
        (",".join(HEAD).encode() + b"\n,,,x" * 200_001, TooManyRows),
    ],
    ids=["empty", "pdf", "broken", "no_rows", "columns", "twice", "two", "5001", "200001"],
)
def test_bad_files_are_refused_whole(bring, content, refusal):
    with pytest.raises(refusal):
        bring(content=content)


def test_the_pattern_comes_back_as_no_row(bring, coordinator):
    content = importer.pattern(actor=coordinator, title="排班", note="说明")

    with pytest.raises(NoRows):
        bring(content=content)


def test_from_the_shell(runner, bring, unit, set_clock, tmp_path):
    set_clock("2026-11-23 09:00")
    path = tmp_path / "排班.csv"
    lines = [HEAD, ROW, changed(**{WHO: "无此人"})]
    path.write_text("\n".join(",".join(line) for line in lines), encoding="gb18030")

    def run(*more):
        args = ["rosters", "import", str(path), "--unit", unit.code, "--json", *more]
        done = runner.invoke(args=args)
        return done.exit_code, json.loads(done.stdout.splitlines()[-1]), done.stderr

    refused = run()
    assert refused[0] == 1
    assert {**refused[1], "rejected": len(refused[1]["rejected"])} == {
        "rows": 2,
        "assigned": 0,
        "already": 0,
        "rejected": 1,
    }
    assert refused[1]["rejected"][0].keys() == {
        "row",
        "column",
        "value",
        "code",
        "reason",
        "todo",
    }
    assert "第 3 行" in refused[2]
    assert run("--dry-run", "--accept-good-rows")[:2][1]["assigned"] == 1
    assert assigned() == []
    assert run("--accept-good-rows")[1]["assigned"] == 1
    again = run("--accept-good-rows")
    assert (again[0], again[1]["assigned"], again[1]["already"]) == (0, 0, 1)


def test_the_page(client, bring, unit, set_clock):
    set_clock("2026-11-23 09:00")
    make.login(client, make.person(unit=unit), Role.COORDINATOR, over=unit)

    def upload(*rows, **data):
        data |= {"file": (BytesIO(book(*rows)), "排班.xlsx")}
        return client.post("/rosters/import", data=data, content_type="multipart/form-data")

    assert "/rosters/import" in client.get("/rosters").text
    assert client.get(f"/rosters/import?unit={unit.code}").status_code == 200
    assert client.get("/rosters/import?unit=NO-SUCH").status_code == 404
    assert client.get("/rosters/import.xlsx").data.startswith(b"PK")
    wrong = upload(ROW, changed(**{WHO: "无此人"}))
    assert wrong.status_code == 422
    assert "无此人" in wrong.text
    preview = upload(ROW, dry_run="y")
    assert preview.status_code == 200
    assert "王芳" in preview.text
    assert assigned() == []
    some = upload(ROW, changed(**{WHO: "无此人"}), accept_good_rows="y")
    assert some.status_code == 200
    assert len(assigned()) == 1
    done = upload(ROW)
    assert done.status_code == 303
    assert len(assigned()) == 1


def test_a_page_that_got_no_file_says_so(client, unit, set_clock):
    set_clock("2026-11-23 09:00")
    make.login(client, make.person(unit=unit), Role.COORDINATOR, over=unit)

    assert client.post("/rosters/import", data={}).status_code in (400, 422)
    bad = {"file": (BytesIO(b"%PDF-1.7"), "a.xlsx")}
    answer = client.post("/rosters/import", data=bad, content_type="multipart/form-data")
    assert answer.status_code == 415
