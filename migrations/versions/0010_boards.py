"""Moves between shifts, calls for help, inspections and calendar addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "place_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("from_shift_id", sa.Integer(), nullable=False),
        sa.Column("to_shift_id", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.Column("moved_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("from_shift_id <> to_shift_id", name=op.f("ck_place_move_elsewhere")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_place_move_person_id")),
        sa.ForeignKeyConstraint(
            ["from_shift_id"], ["shift.id"], name=op.f("fk_place_move_from_shift_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_shift_id"], ["shift.id"], name=op.f("fk_place_move_to_shift_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_move")),
    )
    op.create_index(op.f("ix_place_move_person_id"), "place_move", ["person_id"], unique=False)
    op.create_table(
        "call_for_help",
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_call_for_help_people")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_call_for_help_shift_id")),
        sa.PrimaryKeyConstraint("shift_id", name=op.f("pk_call_for_help")),
    )
    op.create_table(
        "inspection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_inspection_ends_after_start")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_inspection_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
    )
    op.create_index(op.f("ix_inspection_unit_id"), "inspection", ["unit_id"], unique=False)
    op.create_index(op.f("ix_inspection_until_on"), "inspection", ["until_on"], unique=False)
    op.create_table(
        "calendar_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (unit_id IS NULL)", name=op.f("ck_calendar_address_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_calendar_address_person_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_calendar_address_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_address")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_address_token_hash")),
    )
    for owner in ("person", "unit"):
        good = sa.text(f"ended_at IS NULL AND {owner}_id IS NOT NULL")
        op.create_index(
            f"ix_calendar_address_one_of_a_{owner}",
            "calendar_address",
            [f"{owner}_id"],
            unique=True,
            sqlite_where=good,
            postgresql_where=good,
        )


def downgrade() -> None:
    for table in ("calendar_address", "inspection", "call_for_help", "place_move"):
        op.drop_table(table)
