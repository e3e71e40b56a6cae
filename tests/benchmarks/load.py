"""The client: many connections that stay open, each sending its next request at once.

One thread over non-blocking sockets and requests made beforehand, so that the client
takes as little as possible of the processors that it shares with the server.
"""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

CONNECTIONS = 64
TIMEOUT = 30.0


class Outcome(NamedTuple):
    """What came of a burst: seconds from the first request to the last answer."""

    seconds: float
    #: How often each status was answered.
    statuses: dict[int, int]
    #: Seconds of each answer, in the order of arrival.
    latencies: list[float]
    #: The body of the first answer that was not 2xx, to be told in an error.
    refused: bytes

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Refused(Exception):
    """Not every request was accepted, so the burst measures something else."""


def post(path: str, body: bytes, *, cookie: str = "") -> bytes:
    """Return the bytes of one form post."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Accept: text/html",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection:
    """One client: a socket, and what is still missing of the answer."""

    __slots__ = ("began", "port", "received", "socket", "wanted")

    def __init__(self, port: int) -> None:
        self.port = port
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        self.received = b""
        self.wanted = -1
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; tell whether the answer is whole."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError(f"closed in the middle of {self.received[:200]!r}")
        self.received += part
        if self.wanted < 0:
            head, found, _ = self.received.partition(b"\r\n\r\n")
            if not found:
                return False
            _, _, length = head.lower().partition(b"content-length:")
            self.wanted = len(head) + 4 + int(length.split(b"\r\n", 1)[0])
        return len(self.received) >= self.wanted

    @property
    def closes(self) -> bool:
        head = self.received.partition(b"\r\n\r\n")[0].lower()
        return b"\r\nconnection: close" in head


def fire(port: int, requests: Sequence[bytes], *, connections: int = CONNECTIONS) -> Outcome:
    """Send every request once, over `connections` at a time, and wait for every answer."""
    waiting = iter(requests)
    selector = selectors.DefaultSelector()
    statuses: dict[int, int] = {}
    latencies: list[float] = []
    refused = b""
    clients = [_Connection(port) for _ in range(min(connections, len(requests)))]
    began = time.perf_counter()
    for client in clients:
        client.send(next(waiting))
        selector.register(client.socket, selectors.EVENT_READ, client)
    while len(latencies) < len(requests):
        ready = selector.select(TIMEOUT)
        if not ready:
            raise TimeoutError(f"no answer for {TIMEOUT} s after {len(latencies)} requests")
        for key, _ in ready:
            client = key.data
            if not client.receive():
                continue
            latencies.append(time.perf_counter() - client.began)
            status = int(client.received[9:12])
            statuses[status] = statuses.get(status, 0) + 1
            if not (200 <= status < 300 or refused):
                refused = client.received
            _go_on(client, waiting, selector)
    seconds = time.perf_counter() - began
    for client in clients:
        client.socket.close()
    selector.close()
    return Outcome(seconds, statuses, latencies, refused)


def _go_on(client: _Connection, waiting: Iterator[bytes], selector: selectors.BaseSelector) -> None:
    """Send the client's next request, on a new connection where the server closed this one."""
    if client.closes:
        selector.unregister(client.socket)
        client.socket.close()
        client.open()
        selector.register(client.socket, selectors.EVENT_READ, client)
    request = next(waiting, None)
    if request is None:
        selector.unregister(client.socket)
    else:
        client.send(request)


def accepted(outcome: Outcome) -> Outcome:
    """Return the outcome; raises Refused unless every answer was 2xx."""
    if any(not 200 <= status < 300 for status in outcome.statuses):
        raise Refused(f"{outcome.statuses}: {outcome.refused[:1500].decode(errors='replace')}")
    return outcome
