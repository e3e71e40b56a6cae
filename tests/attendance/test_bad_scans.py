"""Batches and scans that are none: told in one sentence, never a fault."""

import pytest

from tests.attendance.phones import Phone
from tests.make import at
from volunteer.attendance.models import Scan


def day(hour: str):
    return at(f"2026-03-07 {hour}")


@pytest.fixture
def phone(app, scene, set_clock) -> Phone:
    made = Phone(app, set_clock, scene.leader)
    made.fetch(day("08:00"))
    return made


def verdicts(items) -> list[tuple[str, str | None]]:
    return [(each["verdict"], each["reason"]) for each in items]


@pytest.mark.parametrize(
    "items", [None, {}, "scans", [{}] * 101], ids=["none", "object", "text", "too many"]
)
def test_a_batch_that_is_none_is_refused_as_a_whole(phone, items):
    answer = phone.post(day("09:00"), items)

    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "batch_wrong"


@pytest.mark.parametrize(
    "given",
    [
        {"device_ms": "x"},
        {"device_ms": 10**400},
        {"left": -1},
        {"left": float("nan")},
        {"left": float("inf")},
        {"left": 10**400},
        {"left": True},
    ],
    ids=["text", "long", "negative", "nan", "infinite", "too many", "flag"],
)
def test_a_batch_with_odd_numbers_is_refused_as_a_whole(scene, phone, given, count):
    good = phone.scan(scene.wang, day("08:55"), scene.shift)

    answer = phone.post(day("09:00"), [good], **given)

    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "batch_wrong")
    assert count(Scan) == 0


@pytest.mark.parametrize("left", [None, 0, 3, 9_999_999_999])
def test_however_many_the_phone_says_it_still_has_the_scan_counts(scene, phone, left):
    """The control arm: these are numbers."""
    phone.scan(scene.wang, day("08:55"), scene.shift)

    assert verdicts(phone.send(day("09:00"), left=left)) == [("accepted", None)]


@pytest.mark.parametrize(
    "item",
    [
        None,
        7,
        {},
        {"key": "k"},
        {"key": "k k", "token": "x"},
        {"key": "k", "token": "x" * 201},
        {"key": "k", "token": "\0"},
        {"key": "k", "token": "x", "direction": "up"},
        {"key": "k", "token": "x", "device_ms": "noon"},
        {"key": "k", "token": "x", "device_ms": -1},
        {"key": "k", "token": "x", "device_ms": 1e300},
        {"key": "k", "token": "x", "device_ms": 10**400},
        {"key": "k", "token": "x", "mono_ms": float("nan")},
        {"key": "k", "token": "x", "mono_ms": True},
        {"key": "k", "token": "x", "seq": 2**40},
        {"key": "k", "token": "x", "sync": {"id": 7}},
        {"key": "k", "token": "x", "shift": ["a"]},
    ],
)
def test_an_item_that_is_none_is_told_so_and_the_next_one_counts(scene, phone, item, count):
    good = phone.scan(scene.wang, day("08:55"), scene.shift)

    answers = phone.post(day("09:00"), [item, good]).get_json()["items"]

    assert verdicts(answers) == [("refused", "token_malformed"), ("accepted", None)]
    assert count(Scan) == 1


def test_a_batch_needs_a_log_in_and_the_token_of_the_page(client, phone):
    assert client.post("/api/v1/scans", json={"items": []}).status_code == 401
    refused = phone.browser.post("/api/v1/scans", json={"items": []}, csrf=False)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (400, "csrf")
