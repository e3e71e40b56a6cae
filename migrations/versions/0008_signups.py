"""Waiting lists, swaps, days on which people cannot serve."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SQLITE_TRIGGERS = (
    "CREATE TRIGGER sign_up_terms_refuses_update BEFORE UPDATE ON sign_up_terms BEGIN SELECT RAISE(ABORT, 'sign_up_terms only grows: UPDATE refused'); END",
    "CREATE TRIGGER sign_up_terms_refuses_delete BEFORE DELETE ON sign_up_terms BEGIN SELECT RAISE(ABORT, 'sign_up_terms only grows: DELETE refused'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE TRIGGER sign_up_terms_refuses_update BEFORE UPDATE ON sign_up_terms FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER sign_up_terms_refuses_delete BEFORE DELETE ON sign_up_terms FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER sign_up_terms_refuses_truncate BEFORE TRUNCATE ON sign_up_terms FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)
#: Until the start; late within 12 hours; 30 minutes to 12 hours for an answer; all at once
#: within two hours; 15 minutes to think better of it.
FIRST = "0, 720, 720, 30, 120, 15, '2000-01-01 00:00:00.000000'"


def upgrade() -> None:
    op.create_table(
        "sign_up_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("closes_before_minutes", sa.Integer(), nullable=False),
        sa.Column("late_before_minutes", sa.Integer(), nullable=False),
        sa.Column("answer_most_minutes", sa.Integer(), nullable=False),
        sa.Column("answer_least_minutes", sa.Integer(), nullable=False),
        sa.Column("rush_minutes", sa.Integer(), nullable=False),
        sa.Column("undo_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "answer_least_minutes BETWEEN 5 AND answer_most_minutes",
            name=op.f("ck_sign_up_terms_answer_least_minutes"),
        ),
        sa.CheckConstraint(
            "answer_most_minutes BETWEEN 5 AND 10080",
            name=op.f("ck_sign_up_terms_answer_most_minutes"),
        ),
        sa.CheckConstraint(
            "closes_before_minutes BETWEEN 0 AND 10080",
            name=op.f("ck_sign_up_terms_closes_before_minutes"),
        ),
        sa.CheckConstraint(
            "late_before_minutes BETWEEN 0 AND 10080",
            name=op.f("ck_sign_up_terms_late_before_minutes"),
        ),
        sa.CheckConstraint(
            "rush_minutes BETWEEN 0 AND 1440", name=op.f("ck_sign_up_terms_rush_minutes")
        ),
        sa.CheckConstraint(
            "undo_minutes BETWEEN 0 AND 1440", name=op.f("ck_sign_up_terms_undo_minutes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_terms")),
    )
    op.create_table(
        "day_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_day_off_ends_after_start")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_day_off_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_off")),
        sa.UniqueConstraint("person_id", "from_on", name=op.f("uq_day_off_person_id_from_on")),
    )
    op.create_index(
        op.f("ix_day_off_until_on_from_on"), "day_off", ["until_on", "from_on"], unique=False
    )
    op.create_table(
        "swap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("asker_id", sa.Integer(), nullable=False),
        sa.Column("asked_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("returns_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'accepted') = (taken_by IS NOT NULL)", name=op.f("ck_swap_accepted_by")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'accepted', 'refused', 'taken_back', 'lapsed')",
            name=op.f("ck_swap_state"),
        ),
        sa.CheckConstraint("asked_id <> asker_id", name=op.f("ck_swap_two_people")),
        sa.CheckConstraint("returns_id <> shift_id", name=op.f("ck_swap_two_shifts")),
        sa.CheckConstraint(
            "returns_id IS NULL OR asked_id IS NOT NULL", name=op.f("ck_swap_swap_with_somebody")
        ),
        sa.ForeignKeyConstraint(["asked_id"], ["person.id"], name=op.f("fk_swap_asked_id")),
        sa.ForeignKeyConstraint(["asker_id"], ["person.id"], name=op.f("fk_swap_asker_id")),
        sa.ForeignKeyConstraint(["returns_id"], ["shift.id"], name=op.f("fk_swap_returns_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_swap_shift_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_swap_taken_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_swap_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap")),
        sa.UniqueConstraint("public_id", name=op.f("uq_swap_public_id")),
    )
    op.create_index(op.f("ix_swap_asked_id_state"), "swap", ["asked_id", "state"], unique=False)
    op.create_index(op.f("ix_swap_asker_id"), "swap", ["asker_id"], unique=False)
    op.create_index(
        "ix_swap_one_open_of_a_place",
        "swap",
        ["shift_id", "asker_id"],
        unique=True,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(op.f("ix_swap_unit_id_state"), "swap", ["unit_id", "state"], unique=False)
    op.create_table(
        "waiting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("offered_at", sa.DateTime(), nullable=True),
        sa.Column("offered_until", sa.DateTime(), nullable=True),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'offered') = (offered_until IS NOT NULL)",
            name=op.f("ck_waiting_offered_until_a_moment"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'taken', 'lapsed', 'left')",
            name=op.f("ck_waiting_state"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_waiting_person_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_waiting_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sa.UniqueConstraint("shift_id", "person_id", name=op.f("uq_waiting_shift_id_person_id")),
    )
    op.create_index(
        "ix_waiting_on_the_list",
        "waiting",
        ["shift_id", "asked_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'offered')"),
        postgresql_where=sa.text("state IN ('waiting', 'offered')"),
    )
    op.create_index(op.f("ix_waiting_person_id"), "waiting", ["person_id"], unique=False)

    embedded = op.get_bind().dialect.name == "sqlite"
    for trigger in SQLITE_TRIGGERS if embedded else POSTGRESQL_TRIGGERS:
        op.execute(trigger)
    op.execute(
        "INSERT INTO sign_up_terms (closes_before_minutes, late_before_minutes, "
        "answer_most_minutes, answer_least_minutes, rush_minutes, undo_minutes, created_at) "
        f"VALUES ({FIRST})"
    )
    # what was learnt under a number that was merged since belongs to the record that is kept
    op.execute(
        "UPDATE qualification SET person_id = (SELECT merged_into_id FROM person "
        "WHERE person.id = qualification.person_id) WHERE person_id IN "
        "(SELECT id FROM person WHERE merged_into_id IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_waiting_person_id"), table_name="waiting")
    op.drop_index(
        "ix_waiting_on_the_list",
        table_name="waiting",
        sqlite_where=sa.text("state IN ('waiting', 'offered')"),
        postgresql_where=sa.text("state IN ('waiting', 'offered')"),
    )
    op.drop_table("waiting")
    op.drop_index(op.f("ix_swap_unit_id_state"), table_name="swap")
    op.drop_index(
        "ix_swap_one_open_of_a_place",
        table_name="swap",
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.drop_index(op.f("ix_swap_asker_id"), table_name="swap")
    op.drop_index(op.f("ix_swap_asked_id_state"), table_name="swap")
    op.drop_table("swap")
    op.drop_index(op.f("ix_day_off_until_on_from_on"), table_name="day_off")
    op.drop_table("day_off")
    op.drop_table("sign_up_terms")
