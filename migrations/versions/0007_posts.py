"""Versions of posts, rotation, suspensions, the training gate."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SQLITE_TRIGGERS = (
    "CREATE TRIGGER post_version_refuses_update BEFORE UPDATE ON post_version BEGIN SELECT RAISE(ABORT, 'post_version only grows: UPDATE refused'); END",
    "CREATE TRIGGER post_version_refuses_delete BEFORE DELETE ON post_version BEGIN SELECT RAISE(ABORT, 'post_version only grows: DELETE refused'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE TRIGGER post_version_refuses_update BEFORE UPDATE ON post_version FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER post_version_refuses_delete BEFORE DELETE ON post_version FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER post_version_refuses_truncate BEFORE TRUNCATE ON post_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)
CHECKS = {
    "size": "size IN ('minor', 'major')",
    "place": "place IN ('crossing', 'school', 'market', 'stop', 'other')",
    "holidays": "holidays IN ('skip', 'make_up', 'regardless')",
    "turn_by": "turn_by IN ('day', 'week', 'month')",
    "whole_rotation": "(turn_by IS NULL) = (turns_from IS NULL)",
}


def _word(name: str, default: str) -> sa.Column:
    return sa.Column(name, sa.String(length=10), nullable=False, server_default=default)


def upgrade() -> None:
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(_word("place", "crossing"))
        batch_op.add_column(_word("size", "minor"))
        batch_op.add_column(sa.Column("roads", sa.String(length=120), nullable=True))
        batch_op.add_column(_word("holidays", "regardless"))
        batch_op.add_column(
            sa.Column("needs_training", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.add_column(sa.Column("turn_by", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("turns_from", sa.Date(), nullable=True))
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_post_{name}"), condition)
    op.execute("UPDATE post SET size = 'major' WHERE wanted >= 4")
    op.create_table(
        "post_turn",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_turn_post_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_post_turn_unit_id")),
        sa.PrimaryKeyConstraint("post_id", "position", name=op.f("pk_post_turn")),
    )
    op.create_index(op.f("ix_post_turn_unit_id"), "post_turn", ["unit_id"])
    op.create_table(
        "post_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_version_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_version")),
        sa.UniqueConstraint("post_id", "number", name=op.f("uq_post_version_post_id_number")),
    )
    op.create_table(
        "post_suspension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=160), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("resumed_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_post_suspension_ends_after_start")),
        sa.CheckConstraint(
            "(resumed_on IS NULL) = (ended_at IS NULL)", name=op.f("ck_post_suspension_resumed")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_suspension_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_suspension")),
    )
    op.create_index(op.f("ix_post_suspension_post_id"), "post_suspension", ["post_id"])
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("training_valid_months", sa.Integer(), nullable=False, server_default="12")
        )
        batch_op.add_column(_word("training_gate", "warn"))
        batch_op.create_check_constraint(
            batch_op.f("ck_policy_training_gate"), "training_gate IN ('off', 'warn', 'refuse')"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_policy_training_valid_months"),
            "training_valid_months BETWEEN 1 AND 120",
        )
    embedded = op.get_bind().dialect.name == "sqlite"
    for trigger in SQLITE_TRIGGERS if embedded else POSTGRESQL_TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    with op.batch_alter_table("policy", schema=None) as batch_op:
        for name in ("training_gate", "training_valid_months"):
            batch_op.drop_constraint(batch_op.f(f"ck_policy_{name}"), type_="check")
            batch_op.drop_column(name)
    for table in ("post_suspension", "post_version", "post_turn"):
        op.drop_table(table)
    with op.batch_alter_table("post", schema=None) as batch_op:
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f"ck_post_{name}"), type_="check")
        for column in (
            "turns_from",
            "turn_by",
            "needs_training",
            "holidays",
            "roads",
            "size",
            "place",
        ):
            batch_op.drop_column(column)
