"""`people import` keeps the words of its contract."""

import json
from pathlib import Path

import pytest

from tests import make
from tests.people.sheets import xlsx
from volunteer.core.db import db
from volunteer.people.models import Person

SHARED = Path("/work/shared/data")
GOOD = ("王芳", "19901234567", "新安江小学")
WRONG = ("李强", "1990123", "新安江小学")


@pytest.fixture
def run(runner, tmp_path):
    make.unit(name="新安江小学")

    def run(*rows, arguments=("--json",), name="people.xlsx"):
        path = tmp_path / name
        path.write_bytes(xlsx(*rows, header=("姓名", "手机号", "单位")))
        result = runner.invoke(args=["people", "import", str(path), *arguments])
        facts = json.loads(result.stdout.splitlines()[-1]) if "--json" in arguments else {}
        return result, facts

    return run


def test_a_right_file(run):
    result, facts = run(GOOD)

    assert result.exit_code == 0
    assert facts.pop("seconds") >= 0
    assert facts == {
        "accepted": 1,
        "landed": 1,
        "rejected": {},
        "skipped_duplicates": 0,
        "blank_rows": 0,
        "errors": [],
    }


def test_one_wrong_row_ends_with_1_and_lands_nothing(run):
    result, facts = run(GOOD, WRONG)

    assert result.exit_code == 1
    assert (facts["accepted"], facts["landed"], facts["rejected"]) == (1, 0, {"phone_format": 1})
    (error,) = facts["errors"]
    assert error.pop("message")
    assert error == {"row": 3, "column": "手机号", "code": "phone_format", "value": "1990123"}
    assert db.session.query(Person).count() == 0


def test_accept_good_rows_lands_the_others(run):
    result, facts = run(GOOD, WRONG, arguments=("--accept-good-rows", "--json"))

    assert (result.exit_code, facts["accepted"], facts["landed"]) == (0, 1, 1)


def test_a_dry_run_writes_nothing(run):
    result, facts = run(GOOD, arguments=("--dry-run", "--json"))

    assert (result.exit_code, facts["accepted"], facts["landed"]) == (0, 1, 0)
    assert db.session.query(Person).count() == 0


def test_the_content_decides_and_not_the_name(run):
    assert run(GOOD, name="people.csv")[1]["landed"] == 1


def test_without_json_a_person_reads_lines_and_a_bar(run):
    result, _ = run(GOOD, WRONG, arguments=())

    assert "accepted: 1" in result.stdout
    assert "第 3 行" in result.stderr


def test_a_missing_file_ends_with_2(runner, tmp_path):
    assert runner.invoke(args=["people", "import", str(tmp_path / "none")]).exit_code == 2


def test_a_file_that_is_none_ends_with_1_and_a_sentence(runner, tmp_path):
    path = tmp_path / "people.xlsx"
    path.write_bytes(b"%PDF-1.7")

    result = runner.invoke(args=["people", "import", str(path), "--json"])

    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_dirty_roster_is_read_as_it_should_be(runner):
    if not SHARED.exists():  # it lies beside the repository on some machines only
        return
    runner.invoke(args=["units", "import", str(SHARED / "units.csv")])

    result = runner.invoke(
        args=["people", "import", str(SHARED / "roster_dirty.xlsx"), "--dry-run", "--json"]
    )

    facts = json.loads(result.stdout.splitlines()[-1])
    expected = json.loads((SHARED / "roster_dirty_expected.json").read_text(encoding="utf-8"))
    assert {name: facts[name] for name in expected if name != "units"} == {
        name: expected[name] for name in expected if name != "units"
    }
    assert len({error["row"] for error in facts["errors"]}) == sum(facts["rejected"].values())
