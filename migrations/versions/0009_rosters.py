"""Rosters as drafts and as published."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(), nullable=True),
        sa.Column("drawn_by", sa.Integer(), nullable=True),
        sa.Column("cost", sa.String(length=40), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("published_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'discarded')", name=op.f("ck_roster_state")
        ),
        sa.CheckConstraint("way IN ('drawn', 'copied', 'rotation')", name=op.f("ck_roster_way")),
        sa.CheckConstraint("length(month) = 7", name=op.f("ck_roster_month")),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_roster_published_at_a_moment"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_roster_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roster_public_id")),
    )
    with op.batch_alter_table("roster", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_roster_unit_id_month"), ["unit_id", "month"], unique=False
        )
        batch_op.create_index(
            "ix_roster_one_draft",
            ["unit_id", "month"],
            unique=True,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )
    op.create_table(
        "roster_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("roster_id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("hold", sa.String(length=10), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("lost", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "hold IN ('drawn', 'fixed', 'taken_off')", name=op.f("ck_roster_place_hold")
        ),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_roster_place_roster_id")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_roster_place_shift_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_roster_place_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_place")),
        sa.UniqueConstraint(
            "roster_id",
            "shift_id",
            "person_id",
            name=op.f("uq_roster_place_roster_id_shift_id_person_id"),
        ),
    )
    with op.batch_alter_table("roster_place", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roster_place_shift_id"), ["shift_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_roster_place_person_id"), ["person_id"], unique=False)
    op.create_table(
        "roster_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("roster_id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.CheckConstraint("missing > 0", name=op.f("ck_roster_gap_missing")),
        sa.ForeignKeyConstraint(["roster_id"], ["roster.id"], name=op.f("fk_roster_gap_roster_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_roster_gap_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_gap")),
        sa.UniqueConstraint("roster_id", "shift_id", name=op.f("uq_roster_gap_roster_id_shift_id")),
    )
    with op.batch_alter_table("roster_gap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roster_gap_shift_id"), ["shift_id"], unique=False)
    op.create_table(
        "roster_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("work", sa.String(length=10), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("failure", sa.String(length=40), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column("beat_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("work IN ('draw', 'publish')", name=op.f("ck_roster_run_work")),
        sa.CheckConstraint(
            "way IN ('drawn', 'copied', 'rotation')", name=op.f("ck_roster_run_way")
        ),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed')", name=op.f("ck_roster_run_state")
        ),
        sa.CheckConstraint(
            "step IN ('opening', 'drawing', 'publishing')", name=op.f("ck_roster_run_step")
        ),
        sa.CheckConstraint("length(month) = 7", name=op.f("ck_roster_run_month")),
        sa.CheckConstraint(
            "(state = 'running') = (ended_at IS NULL)",
            name=op.f("ck_roster_run_ended_at_a_moment"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_roster_run_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_run")),
    )
    with op.batch_alter_table("roster_run", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_roster_run_unit_id_month"), ["unit_id", "month"], unique=False
        )
        batch_op.create_index(
            "ix_roster_run_one_running",
            ["unit_id", "month"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )


def downgrade() -> None:
    op.drop_table("roster_run")
    op.drop_table("roster_gap")
    op.drop_table("roster_place")
    op.drop_table("roster")
