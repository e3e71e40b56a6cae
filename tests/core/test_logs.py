"""Logs are one JSON line a request, and hold no phone number."""

import json

from volunteer.core.logs import log

PHONE = "19900000001"


def test_a_request_is_one_line(client, capsys):
    answer = client.get(f"/no/such/page?phone={PHONE}")
    (line,) = capsys.readouterr().err.splitlines()
    facts = json.loads(line)
    assert facts["status"] == 404
    assert facts["request"] == answer.headers["X-Request-Id"]
    assert facts["ms"] >= 0
    assert PHONE not in line


def test_phone_numbers_are_hidden_wherever_they_stand(app, capsys):
    log.warning("call %s", PHONE, extra={"facts": {"note": f"{PHONE},{PHONE}"}})
    line = capsys.readouterr().err
    assert PHONE not in line
    assert line.count("199****0001") == 3
