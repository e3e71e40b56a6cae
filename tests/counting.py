"""How much a page asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from volunteer.core.db import db

#: What one page may ask, however much it shows.
MOST_QUERIES = 15
#: What one page may weigh, in bytes.
HEAVIEST = 100_000


@contextmanager
def queries() -> Iterator[list[str]]:
    """Collect the statements that are run meanwhile."""
    found: list[str] = []

    def look(connection, cursor, statement, *_):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            found.append(statement)

    event.listen(db.engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", look)


def weigh(client, path: str) -> int:
    """Open a page that must be there and be light; return how many queries it took."""
    with queries() as asked:
        answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    assert len(answer.data) <= HEAVIEST, f"{path}: {len(answer.data)} bytes"
    assert len(asked) <= MOST_QUERIES, f"{path}:\n" + "\n".join(asked)
    return len(asked)
