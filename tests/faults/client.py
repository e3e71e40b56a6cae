"""People who press a button and press it again, with the same key, until they hear an answer."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

PHONES = 24
TIMEOUT = 10
PAUSE = 0.05
#: Nobody presses for ever: a server that stays away so long has failed the run.
PATIENCE = 120


class Press(NamedTuple):
    """One intention: who presses which button, with which key, and the request it becomes."""

    person: int
    key: str
    path: str
    body: bytes
    cookie: str


class Heard(NamedTuple):
    """The answer that was heard in the end: its status and what it said."""

    press: Press
    status: int
    answer: dict[str, Any]


def press_all(port: int, presses: Sequence[Press], heard: Callable[[Heard], None]) -> None:
    """Carry out every press, `PHONES` at a time; `heard` is called with each answer.

    An answer is whatever is not 5xx; a broken connection is none. Raises TimeoutError.
    """
    waiting: SimpleQueue[Press] = SimpleQueue()
    for press in presses:
        waiting.put(press)
    failures: list[Exception] = []

    def phone() -> None:
        try:
            _press_in_turn(port, waiting, heard)
        except Exception as error:
            failures.append(error)

    phones = [threading.Thread(target=phone) for _ in range(PHONES)]
    for each in phones:
        each.start()
    for each in phones:
        each.join()
    if failures:
        raise failures[0]


def _press_in_turn(port: int, waiting: SimpleQueue[Press], heard: Callable[[Heard], None]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    with closing(connection):
        while True:
            try:
                press = waiting.get_nowait()
            except Empty:
                return
            heard(_until_answered(connection, press))


def _until_answered(connection: HTTPConnection, press: Press) -> Heard:
    until = time.monotonic() + PATIENCE
    while True:
        answer = _ask(connection, press)
        if answer is not None and answer.status < 500:
            return answer
        if time.monotonic() > until:
            raise TimeoutError(f"nothing heard for {PATIENCE} s: {answer}")
        time.sleep(PAUSE)


def _ask(connection: HTTPConnection, press: Press) -> Heard | None:
    """Return the answer; where none came the connection is closed, and opens with the next."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
        "Cookie": press.cookie,
    }
    try:
        connection.request("POST", press.path, press.body, headers)
        with connection.getresponse() as response:
            return Heard(press, response.status, json.loads(response.read()))
    except (HTTPException, OSError, ValueError):
        connection.close()
        return None
