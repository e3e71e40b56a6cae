"""Imports: the rows of a file between check and landing, what was chosen, who is missing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _allow(batch_op: object, states: tuple[str, ...]) -> None:
    """Let an import be in these states and in no other."""
    name = batch_op.f("ck_import_run_state")
    batch_op.drop_constraint(name, type_="check")
    listed = ", ".join(f"'{state}'" for state in states)
    batch_op.create_check_constraint(name, f"state IN ({listed})")


def upgrade() -> None:
    # What was being read or had been checked has no rows in the new table: it is sent again.
    op.execute(
        "UPDATE import_run SET state = 'failed', failure = 'server_error', content = NULL "
        "WHERE state IN ('reading', 'ready', 'landing')"
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        _allow(batch_op, ("reading", "asking", "ready", "landing", "landed", "failed"))
        batch_op.drop_column("errors")
        batch_op.add_column(sa.Column("choices", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.alter_column("choices", server_default=None)
    op.create_table(
        "import_row",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=True),
        sa.Column("name_pinyin", sa.String(length=40), nullable=True),
        sa.Column("phone", sa.String(length=11), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("category", sa.String(length=20), nullable=True),
        sa.Column("joined", sa.Date(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("old_unit_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=30), nullable=True),
        sa.Column("errors", sa.JSON(), nullable=True),
        sa.Column("flags", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "action IN ('new', 'updated', 'transferred', 'unchanged', 'duplicate', 'refused')",
            name=op.f("ck_import_row_action"),
        ),
        sa.CheckConstraint(
            "(action = 'refused') = (code IS NOT NULL)",
            name=op.f("ck_import_row_refused_with_code"),
        ),
        sa.PrimaryKeyConstraint("run_id", "row", name=op.f("pk_import_row")),
        sqlite_with_rowid=False,
    )
    for name, columns, condition in (
        ("wrong", ["run_id", "row"], "code IS NOT NULL"),
        ("flagged", ["run_id", "row"], "flags IS NOT NULL"),
        ("changing", ["run_id", "person_id"], "action IN ('updated', 'transferred')"),
    ):
        op.create_index(
            f"ix_import_row_{name}",
            "import_row",
            columns,
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_table(
        "import_absence",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("old_unit_id", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=12), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "choice IN ('still_here', 'left', 'transferred')", name=op.f("ck_import_absence_choice")
        ),
        sa.CheckConstraint(
            "(choice = 'transferred') = (unit_id IS NOT NULL)",
            name=op.f("ck_import_absence_transferred_to_unit"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_absence_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_import_absence_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["old_unit_id"], ["unit.id"], name=op.f("fk_import_absence_old_unit_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_import_absence_unit_id")),
        sa.PrimaryKeyConstraint("run_id", "person_id", name=op.f("pk_import_absence")),
    )


def downgrade() -> None:
    op.drop_table("import_absence")
    op.drop_table("import_row")
    op.execute(
        "UPDATE import_run SET state = 'failed', failure = 'server_error', content = NULL "
        "WHERE state IN ('reading', 'asking', 'ready', 'landing')"
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        _allow(batch_op, ("reading", "ready", "landing", "landed", "failed"))
        batch_op.drop_column("choices")
        batch_op.add_column(sa.Column("errors", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.alter_column("errors", server_default=None)
