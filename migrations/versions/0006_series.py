"""Series, days without work, check-in wishes of units and activities."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
QUALIFICATIONS = (
    "'post_training', 'first_aid', 'fire_safety', 'psychology', 'sign_language', 'driving', 'other'"
)
CHECKS = {
    "holidays": "holidays IN ('skip', 'make_up', 'keep')",
    "category": "category IN ('cleaning', 'order', 'care', 'publicity', 'training', 'other')",
    "sign_up": "sign_up IN ('open', 'assigned_only')",
    "needs": f"needs IN ({QUALIFICATIONS})",
    "grants": f"grants IN ({QUALIFICATIONS})",
}


def _weekdays_to_rules() -> None:
    """What came back every week on one weekday says so as a rule, and goes on as it did."""
    for number, weekday in enumerate(WEEKDAYS):
        op.execute(
            f"UPDATE activity SET rrule = 'FREQ=WEEKLY;BYDAY={weekday}', holidays = 'keep', "
            f"category = 'other', sign_up = 'assigned_only' WHERE weekday = {number}"
        )


def _rules_to_weekdays() -> None:
    """A former program knows one weekday: the first that the rule names."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, rrule, first_on FROM activity")).all()
    for activity_id, rrule, first_on in rows:
        named = rrule.partition("BYDAY=")[2].partition(",")[0][-2:]
        first = first_on if isinstance(first_on, date) else date.fromisoformat(first_on)
        weekday = WEEKDAYS.index(named) if named in WEEKDAYS else first.weekday()
        connection.execute(
            sa.text("UPDATE activity SET weekday = :weekday WHERE id = :id"),
            {"weekday": weekday, "id": activity_id},
        )


def upgrade() -> None:
    op.create_table(
        "special_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_special_day")),
    )
    op.create_table(
        "unit_wishes",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("wishes_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_wishes_unit_id")),
        sa.ForeignKeyConstraint(
            ["wishes_id"], ["checkin_wishes.id"], name=op.f("fk_unit_wishes_wishes_id")
        ),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_wishes")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rrule", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("holidays", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("category", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("sign_up", sa.String(length=15), nullable=True))
        batch_op.add_column(sa.Column("needs", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("grants", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("wishes_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("follows_id", sa.Integer(), nullable=True))
    _weekdays_to_rules()
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_activity_weekday"), type_="check")
        batch_op.drop_column("weekday")
        for column, length in (("rrule", 60), ("holidays", 10), ("category", 12), ("sign_up", 15)):
            batch_op.alter_column(column, existing_type=sa.String(length=length), nullable=False)
        for column, words in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_activity_{column}"), words)
        batch_op.create_foreign_key(
            batch_op.f("fk_activity_wishes_id"), "checkin_wishes", ["wishes_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_activity_follows_id"), "activity", ["follows_id"], ["id"]
        )
    op.create_table(
        "activity_exception",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('skip', 'extra')", name=op.f("ck_activity_exception_kind")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_activity_exception_activity_id")
        ),
        sa.PrimaryKeyConstraint("activity_id", "day", name=op.f("pk_activity_exception")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wishes_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_post_wishes_id"), "checkin_wishes", ["wishes_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_post_wishes_id"), type_="foreignkey")
        batch_op.drop_column("wishes_id")
    op.drop_table("activity_exception")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weekday", sa.Integer(), nullable=True))
    _rules_to_weekdays()
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.alter_column("weekday", existing_type=sa.Integer(), nullable=False)
        batch_op.create_check_constraint(
            batch_op.f("ck_activity_weekday"), "weekday BETWEEN 0 AND 6"
        )
        for name in ("wishes_id", "follows_id"):
            batch_op.drop_constraint(batch_op.f(f"fk_activity_{name}"), type_="foreignkey")
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f"ck_activity_{name}"), type_="check")
        for column in ("follows_id", "wishes_id", *reversed(CHECKS), "rrule"):
            batch_op.drop_column(column)
    op.drop_table("unit_wishes")
    op.drop_table("special_day")
