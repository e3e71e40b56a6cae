"""Scheduling: what shifts ask for, how people came to places, capacity kept by the database."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

QUALIFICATIONS = (
    "'post_training', 'first_aid', 'fire_safety', 'psychology', 'sign_language', 'driving', 'other'"
)
OLD_NOTICES = "'short_day_20', 'short_day_27', 'shift_cancelled'"
NOTICES = (
    "'short_day_20', 'short_day_27', 'shift_cancelled', 'shift_changed', 'assigned', "
    "'taken_off', 'place_offered', 'place_lapsed', 'swap_asked', 'swap_answered', "
    "'place_given_up', 'place_swapped', 'people_asked', 'gaps_tomorrow', 'roster_published', "
    "'takes_place'"
)

#: A table that SQLite copies loses its triggers: these are made again.
ONE_PLACE = (
    "CREATE TRIGGER assignment_one_place_on_insert BEFORE INSERT ON assignment WHEN NEW.state = 'assigned' AND EXISTS ( SELECT 1 FROM assignment AS other WHERE other.person_id = NEW.person_id AND other.state = 'assigned' AND other.shift_id <> NEW.shift_id AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at) BEGIN SELECT RAISE(ABORT, 'assignment overlaps another of the same person'); END",
    "CREATE TRIGGER assignment_one_place_on_update BEFORE UPDATE ON assignment WHEN NEW.state = 'assigned' AND EXISTS ( SELECT 1 FROM assignment AS other WHERE other.person_id = NEW.person_id AND other.state = 'assigned' AND other.shift_id <> NEW.shift_id AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at) BEGIN SELECT RAISE(ABORT, 'assignment overlaps another of the same person'); END",
)
SQLITE_TRIGGERS = (
    "CREATE TRIGGER checkin_wishes_refuses_update BEFORE UPDATE ON checkin_wishes BEGIN SELECT RAISE(ABORT, 'checkin_wishes only grows: UPDATE refused'); END",
    "CREATE TRIGGER checkin_wishes_refuses_delete BEFORE DELETE ON checkin_wishes BEGIN SELECT RAISE(ABORT, 'checkin_wishes only grows: DELETE refused'); END",
    "CREATE TRIGGER assignment_fits_on_insert BEFORE INSERT ON assignment WHEN NEW.state = 'assigned' AND (SELECT CASE WHEN capacity IS NULL THEN 0 ELSE (SELECT count(*) FROM assignment AS other WHERE other.shift_id = NEW.shift_id AND other.state = 'assigned' AND other.person_id <> NEW.person_id) >= capacity END FROM shift WHERE id = NEW.shift_id) BEGIN SELECT RAISE(ABORT, 'shift takes no more people'); END",
    "CREATE TRIGGER assignment_fits_on_update BEFORE UPDATE OF state, shift_id ON assignment WHEN NEW.state = 'assigned' AND (SELECT CASE WHEN capacity IS NULL THEN 0 ELSE (SELECT count(*) FROM assignment AS other WHERE other.shift_id = NEW.shift_id AND other.state = 'assigned' AND other.person_id <> NEW.person_id) >= capacity END FROM shift WHERE id = NEW.shift_id) BEGIN SELECT RAISE(ABORT, 'shift takes no more people'); END",
    "CREATE TRIGGER shift_holds_its_people BEFORE UPDATE OF capacity ON shift WHEN NEW.capacity < (SELECT count(*) FROM assignment AS other WHERE other.shift_id = NEW.id AND other.state = 'assigned') BEGIN SELECT RAISE(ABORT, 'shift has more people already'); END",
)
REFUSE_OVERFULL = """CREATE FUNCTION refuse_overfull() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  most integer;
BEGIN
  SELECT capacity INTO most FROM shift WHERE id = NEW.shift_id FOR NO KEY UPDATE;
  IF most IS NOT NULL AND most <= (
    SELECT count(*) FROM assignment AS other
    WHERE other.shift_id = NEW.shift_id AND other.state = 'assigned'
      AND other.person_id <> NEW.person_id
  ) THEN
    RAISE EXCEPTION 'shift takes no more people' USING ERRCODE = '23000';
  END IF;
  RETURN NEW;
END
$$"""
REFUSE_TOO_SMALL = """CREATE FUNCTION refuse_too_small() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.capacity < (
    SELECT count(*) FROM assignment AS other
    WHERE other.shift_id = NEW.id AND other.state = 'assigned'
  ) THEN
    RAISE EXCEPTION 'shift has more people already' USING ERRCODE = '23000';
  END IF;
  RETURN NEW;
END
$$"""
POSTGRESQL_TRIGGERS = (
    "CREATE TRIGGER checkin_wishes_refuses_update BEFORE UPDATE ON checkin_wishes FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER checkin_wishes_refuses_delete BEFORE DELETE ON checkin_wishes FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER checkin_wishes_refuses_truncate BEFORE TRUNCATE ON checkin_wishes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    REFUSE_OVERFULL,
    REFUSE_TOO_SMALL,
    "CREATE TRIGGER assignment_fits_on_insert BEFORE INSERT ON assignment FOR EACH ROW WHEN (((new.state)::text = 'assigned'::text)) EXECUTE FUNCTION refuse_overfull()",
    "CREATE TRIGGER assignment_fits_on_update BEFORE UPDATE OF state, shift_id ON assignment FOR EACH ROW WHEN (((new.state)::text = 'assigned'::text)) EXECUTE FUNCTION refuse_overfull()",
    "CREATE TRIGGER shift_holds_its_people BEFORE UPDATE OF capacity ON shift FOR EACH ROW WHEN ((new.capacity IS NOT NULL)) EXECUTE FUNCTION refuse_too_small()",
)


def _kinds(words: str) -> None:
    """Let a reminder be of these kinds and no other."""
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        name = batch_op.f("ck_reminder_kind")
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"kind IN ({words})")


def upgrade() -> None:
    op.create_table(
        "checkin_wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opens_before_minutes", sa.Integer(), nullable=True),
        sa.Column("min_stay_minutes", sa.Integer(), nullable=True),
        sa.Column("closes_after_minutes", sa.Integer(), nullable=True),
        sa.Column("require_out", sa.Boolean(), nullable=True),
        sa.Column("return_allowed", sa.Boolean(), nullable=True),
        sa.Column("qr_mode", sa.String(length=20), nullable=True),
        sa.Column("hold_without_evidence", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "closes_after_minutes BETWEEN 0 AND 1440",
            name=op.f("ck_checkin_wishes_closes_after_minutes"),
        ),
        sa.CheckConstraint(
            "min_stay_minutes BETWEEN 0 AND 240", name=op.f("ck_checkin_wishes_min_stay_minutes")
        ),
        sa.CheckConstraint(
            "opens_before_minutes BETWEEN 0 AND 240",
            name=op.f("ck_checkin_wishes_opens_before_minutes"),
        ),
        sa.CheckConstraint(
            "qr_mode IN ('static', 'rotating', 'personal_only')",
            name=op.f("ck_checkin_wishes_qr_mode"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_wishes")),
    )
    op.create_table(
        "call_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("called_off_at", sa.DateTime(), nullable=False),
        sa.Column("called_off_by", sa.Integer(), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(), nullable=True),
        sa.Column("taken_back_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_call_off_ends_after_start")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_call_off_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_off")),
        sa.UniqueConstraint("public_id", name=op.f("uq_call_off_public_id")),
    )
    op.create_index(op.f("ix_call_off_unit_id"), "call_off", ["unit_id"], unique=False)
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "sign_up", sa.String(length=15), nullable=False, server_default="assigned_only"
            )
        )
        batch_op.add_column(sa.Column("needs", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("grants", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("wishes_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("changed_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("call_off_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("restored_at", sa.DateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_shift_call_off_id"), ["call_off_id"], unique=False)
        batch_op.create_check_constraint(
            batch_op.f("ck_shift_called_off_is_cancelled"),
            "call_off_id IS NULL OR state = 'cancelled'",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_shift_call_off_id"), "call_off", ["call_off_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_shift_sign_up"), "sign_up IN ('open', 'assigned_only')"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_shift_needs"), f"needs IN ({QUALIFICATIONS})"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_shift_grants"), f"grants IN ({QUALIFICATIONS})"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_shift_wishes_id"), "checkin_wishes", ["wishes_id"], ["id"]
        )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("origin", sa.String(length=15), nullable=False, server_default="coordinator")
        )
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("call_off_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_assignment_call_off_id"), "call_off", ["call_off_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_assignment_origin"),
            "origin IN ('coordinator', 'self', 'waiting_list', 'swap', 'roster', 'imported')",
        )
    _kinds(NOTICES)
    embedded = op.get_bind().dialect.name == "sqlite"
    for trigger in (*ONE_PLACE, *SQLITE_TRIGGERS) if embedded else POSTGRESQL_TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    for trigger, table in (
        ("shift_holds_its_people", "shift"),
        ("assignment_fits_on_update", "assignment"),
        ("assignment_fits_on_insert", "assignment"),
    ):
        op.execute(f"DROP TRIGGER {trigger}" + ("" if embedded else f" ON {table}"))
    if not embedded:
        op.execute("DROP FUNCTION refuse_too_small()")
        op.execute("DROP FUNCTION refuse_overfull()")
    op.execute(
        "DELETE FROM delivery WHERE reminder_id IN "
        f"(SELECT id FROM reminder WHERE kind NOT IN ({OLD_NOTICES}))"
    )
    op.execute(f"DELETE FROM reminder WHERE kind NOT IN ({OLD_NOTICES})")
    _kinds(OLD_NOTICES)
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_assignment_origin"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_assignment_call_off_id"), type_="foreignkey")
        batch_op.drop_column("call_off_id")
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("origin")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_shift_wishes_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_shift_call_off_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_shift_call_off_id"))
        for name in ("called_off_is_cancelled", "grants", "needs", "sign_up"):
            batch_op.drop_constraint(batch_op.f(f"ck_shift_{name}"), type_="check")
        for column in (
            "restored_at",
            "call_off_id",
            "changed_at",
            "wishes_id",
            "grants",
            "needs",
            "sign_up",
        ):
            batch_op.drop_column(column)
    op.drop_table("call_off")
    op.drop_table("checkin_wishes")
    for trigger in ONE_PLACE if embedded else ():
        op.execute(trigger)
