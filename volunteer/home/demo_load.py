"""Bulk writing for the demo city: plain tuples straight to the driver, in one transaction.

SQLite takes them by executemany, PostgreSQL by COPY. Keys, references and triggers hold
all the while. Only the CHECKs wait on SQLite, where the lists of words would cost more
than the writing: the tests run its integrity check over a whole demo city instead.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

Row = tuple[Any, ...]

COLUMNS = {
    "person": "id public_id volunteer_number name name_pinyin phone phone_tail category "
    "state consent consent_version consent_at registered_at",
    "membership": "id person_id unit_id from_on until_on",
    "consent": "id person_id purpose version state at",
    "account": "id person_id password_hash password_set_at state created_at failures",
    "grid": "id code name kind township_id lead_unit_id started_on ended_on",
    "grid_co_unit": "id grid_id unit_id",
    "grant": "id account_id role unit_id grid_id granted_at granted_by",
    "exemption": "id person_id kind from_on until_on approved_by approved_at",
    "site": "id code public_id name address unit_id grid_id fence_mode qr_epoch",
    "activity": "id public_id unit_id site_id leader_id title content rrule holidays category "
    "starts minutes first_on last_on wanted capacity nature sign_up created_at "
    "created_by",
    "post": "id code name corners kit unit_id site_id leader_id wanted capacity first_on last_on "
    "created_at created_by ended_at place size turn_by turns_from",
    "post_turn": "post_id position unit_id",
    "qualification": "id person_id kind granted_on expires_on source entered_at",
    "post_window": "id post_id starts ends weekdays season_from season_until",
    "shift": "id public_id kind unit_id site_id leader_id title content starts_at ends_at wanted "
    "capacity nature settings_id state cancel_reason source sign_up needs",
    "assignment": "id shift_id person_id starts_at ends_at state assigned_at assigned_by",
    "scan": "id key body_hash direction channel shift_id person_id site_id actor_account_id "
    "received_at effective_at time_quality position ip_prefix browser_class verdict reason flags "
    "answer offline note",
    "attendance": "id shift_id person_id unit_id state in_scan_id out_scan_id arrived_at left_at "
    "evidence_class review policy_id revision",
    "ledger_entry": "id person_id unit_id grid_id month service_day minutes nature source "
    "source_class reason entered_by entered_at",
}

#: SQLite's page cache while the city is made, in KiB: few pages are written twice.
CACHE_KIB = 192 * 1024


def stored(moment: datetime) -> str:
    """Return an instant as both engines store it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class Moments(dict[int, str]):
    """Instants by their second since 1970, in UTC; as text they are made once each."""

    def __init__(self, between: str, ending: str) -> None:
        super().__init__()
        self._between, self._ending = between, ending

    def __missing__(self, second: int) -> str:
        plain = datetime.fromtimestamp(second, UTC).isoformat(self._between)[:19]
        text = self[second] = plain + self._ending
        return text


class Loader:
    """Writes rows table by table and counts them; the caller has the transaction open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self.counts: Counter[str] = Counter()

    @classmethod
    @contextmanager
    def at_work(cls, connection: Connection) -> Iterator["Loader"]:
        """Give a loader; at the end of the block the connection is as it was."""
        loader = cls(connection)
        before = loader._tune({"cache_size": -CACHE_KIB, "ignore_check_constraints": 1})
        try:
            yield loader
            loader._hand_over()
        finally:
            loader._tune(before)

    def _tune(self, pragmas: Mapping[str, int]) -> dict[str, int]:
        """Set SQLite's pragmas and return what they were."""
        before = {}
        for name, value in pragmas.items() if self._is_sqlite else ():
            before[name] = self._connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            self._connection.exec_driver_sql(f"PRAGMA {name} = {value}")
        return before

    def first_free(self, table: str) -> int:
        """Return the lowest id above all that the table has."""
        asked = text(f'SELECT coalesce(max(id), 0) + 1 FROM "{table}"')
        return int(self._connection.execute(asked).scalar_one())

    def write(self, table: str, rows: Sequence[Row]) -> None:
        """Write rows whose values stand in the order of `COLUMNS`."""
        if not rows:
            return
        columns = COLUMNS[table].split()
        self.counts[table] += len(rows)
        cursor = self._connection.connection.cursor()
        listed = f'"{table}" ({", ".join(columns)})'
        if self._is_sqlite:
            places = ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {listed} VALUES ({places})", rows)
        else:
            with cursor.copy(f"COPY {listed} FROM STDIN") as copy:
                for block in _blocks(rows):
                    copy.write(block)
        cursor.close()

    def _hand_over(self) -> None:
        """Let PostgreSQL give out the ids that follow, and know the sizes of its tables."""
        if self._is_sqlite:
            return
        for table in self.counts:
            if COLUMNS[table].startswith("id "):
                sequence = f"pg_get_serial_sequence('\"{table}\"', 'id')"
                self._connection.execute(
                    text(f'SELECT setval({sequence}, (SELECT max(id) FROM "{table}"))')
                )
            self._connection.execute(text(f'ANALYZE "{table}"'))


def _blocks(rows: Sequence[Row], size: int = 2000) -> Iterable[str]:
    """Yield rows as lines of COPY's text format."""
    for start in range(0, len(rows), size):
        yield "".join(
            ["\t".join([_field(v) for v in row]) + "\n" for row in rows[start : start + size]]
        )


def _field(value: object) -> str:
    """Return one value in COPY's text format; texts here hold no tabs and no line ends.

    >>> [_field(v) for v in (None, 12, True, 'a\\\\u4f60')]
    ['\\\\N', '12', 'true', 'a\\\\\\\\u4f60']
    """
    if value is None:
        return r"\N"
    if value.__class__ is str:
        return value.replace("\\", "\\\\")
    if value.__class__ is bool:
        return "true" if value else "false"
    return str(value)
