"""The rows of a file between its check and its landing: written and read in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Connection, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from volunteer.core.db import Base, one_of


class RowAction(StrEnum):
    """What a row of a file does to the register."""

    NEW = "new"
    UPDATED = "updated"
    TRANSFERRED = "transferred"
    UNCHANGED = "unchanged"
    #: It only repeats another row.
    DUPLICATE = "duplicate"
    REFUSED = "refused"


WRONG_ONES = text("code IS NOT NULL")
FLAGGED_ONES = text("flags IS NOT NULL")
CHANGING_ONES = text("action IN ('updated', 'transferred')")


class ImportRow(Base):
    """One row of a file between its check and its landing.

    Rows come and go by the ten thousand, so no foreign key is asked for each of them; those
    whose run has ended are cleared by a job.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        one_of("action", RowAction),
        CheckConstraint("(action = 'refused') = (code IS NOT NULL)", name="refused_with_code"),
        Index(
            "ix_import_row_wrong",
            "run_id",
            "row",
            sqlite_where=WRONG_ONES,
            postgresql_where=WRONG_ONES,
        ),
        Index(
            "ix_import_row_flagged",
            "run_id",
            "row",
            sqlite_where=FLAGGED_ONES,
            postgresql_where=FLAGGED_ONES,
        ),
        Index(
            "ix_import_row_changing",
            "run_id",
            "person_id",
            sqlite_where=CHANGING_ONES,
            postgresql_where=CHANGING_ONES,
        ),
        {"sqlite_with_rowid": False},
    )

    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: As the spreadsheet counts.
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(String(12))
    #: The row as it was sent, column by column; None where name and phone stood there as below.
    cells: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    #: What its cells say, where they say it rightly.
    name: Mapped[str | None] = mapped_column(String(40))
    #: `rules.pinyin_key` of a new name.
    name_pinyin: Mapped[str | None] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(11))
    unit_id: Mapped[int | None]
    category: Mapped[str | None] = mapped_column(String(20))
    joined: Mapped[date | None]
    #: Whom the register knows by this phone, and the unit at the time of the check.
    person_id: Mapped[int | None]
    old_unit_id: Mapped[int | None]
    #: The first error's code; `errors` holds all, each column, code, value.
    code: Mapped[str | None] = mapped_column(String(30))
    errors: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    #: What to look at, though it is no mistake: words of `importer.FLAGS`, with blanks between.
    flags: Mapped[str | None] = mapped_column(String(80))


class AbsenceChoice(StrEnum):
    STILL_HERE = "still_here"
    LEFT = "left"
    TRANSFERRED = "transferred"


class ImportAbsence(Base):
    """What is to become of a person whom a unit's whole roster lacks; at first nothing."""

    __tablename__ = "import_absence"
    __table_args__ = (
        one_of("choice", AbsenceChoice),
        CheckConstraint(
            "(choice = 'transferred') = (unit_id IS NOT NULL)", name="transferred_to_unit"
        ),
    )

    run_id: Mapped[int] = mapped_column(
        ForeignKey("import_run.id"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    #: The unit whose roster lacks the person.
    old_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    choice: Mapped[str] = mapped_column(String(12))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))


def load(
    connection: Connection,
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
    constants: Mapping[str, object],
) -> None:
    """Write rows to `import_row` by the driver itself, in the open transaction.

    What is the same in all of them is said once, for each value costs time.
    """
    cursor: Any = connection.connection.cursor()
    names = ", ".join((*constants, *columns))
    if connection.dialect.name == "sqlite":
        same = ", ".join(f"'{value}'" for value in constants.values())
        places = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO import_row ({names}) VALUES ({same}, {places})", rows)
    else:
        first = tuple(constants.values())
        with cursor.copy(f"COPY import_row ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((*first, *row))
    cursor.close()
