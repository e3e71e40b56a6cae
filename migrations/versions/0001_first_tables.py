"""First tables: units, people, log-ins, shifts, scans, the ledger, targets, reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: What the database refuses by trigger, as each engine says it.
SQLITE_TRIGGERS = (
    "CREATE TRIGGER checkin_settings_refuses_update BEFORE UPDATE ON checkin_settings BEGIN SELECT RAISE(ABORT, 'checkin_settings only grows: UPDATE refused'); END",
    "CREATE TRIGGER checkin_settings_refuses_delete BEFORE DELETE ON checkin_settings BEGIN SELECT RAISE(ABORT, 'checkin_settings only grows: DELETE refused'); END",
    "CREATE TRIGGER assignment_one_place_on_insert BEFORE INSERT ON assignment WHEN NEW.state = 'assigned' AND EXISTS ( SELECT 1 FROM assignment AS other WHERE other.person_id = NEW.person_id AND other.state = 'assigned' AND other.shift_id <> NEW.shift_id AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at) BEGIN SELECT RAISE(ABORT, 'assignment overlaps another of the same person'); END",
    "CREATE TRIGGER assignment_one_place_on_update BEFORE UPDATE ON assignment WHEN NEW.state = 'assigned' AND EXISTS ( SELECT 1 FROM assignment AS other WHERE other.person_id = NEW.person_id AND other.state = 'assigned' AND other.shift_id <> NEW.shift_id AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at) BEGIN SELECT RAISE(ABORT, 'assignment overlaps another of the same person'); END",
    "CREATE TRIGGER ledger_entry_refuses_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry only grows: UPDATE refused'); END",
    "CREATE TRIGGER ledger_entry_refuses_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry only grows: DELETE refused'); END",
    "CREATE TRIGGER scan_refuses_update BEFORE UPDATE ON scan BEGIN SELECT RAISE(ABORT, 'scan only grows: UPDATE refused'); END",
    "CREATE TRIGGER scan_refuses_delete BEFORE DELETE ON scan BEGIN SELECT RAISE(ABORT, 'scan only grows: DELETE refused'); END",
    "CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'journal only grows: UPDATE refused'); END",
    "CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'journal only grows: DELETE refused'); END",
)
REFUSE_CHANGE = """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '23000';
END
$$"""
POSTGRESQL_TRIGGERS = (
    "CREATE TRIGGER checkin_settings_refuses_update BEFORE UPDATE ON checkin_settings FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER checkin_settings_refuses_delete BEFORE DELETE ON checkin_settings FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER checkin_settings_refuses_truncate BEFORE TRUNCATE ON checkin_settings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER ledger_entry_refuses_update BEFORE UPDATE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER ledger_entry_refuses_delete BEFORE DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER ledger_entry_refuses_truncate BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER scan_refuses_update BEFORE UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER scan_refuses_delete BEFORE DELETE ON scan FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER scan_refuses_truncate BEFORE TRUNCATE ON scan FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER journal_refuses_truncate BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

ONE_PLACE_AT_A_TIME = """
ALTER TABLE assignment ADD CONSTRAINT ex_assignment_one_place_at_a_time
EXCLUDE USING gist (
  int4range(person_id, person_id, '[]') WITH &&,
  tsrange(starts_at, ends_at) WITH &&
) WHERE (state = 'assigned')
"""


def upgrade() -> None:
    op.create_table(
        "checkin_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("opens_before_minutes", sa.Integer(), nullable=False),
        sa.Column("min_stay_minutes", sa.Integer(), nullable=False),
        sa.Column("closes_after_minutes", sa.Integer(), nullable=False),
        sa.Column("require_out", sa.Boolean(), nullable=False),
        sa.Column("return_allowed", sa.Boolean(), nullable=False),
        sa.Column("qr_mode", sa.String(length=20), nullable=False),
        sa.Column("hold_without_evidence", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "qr_mode IN ('static', 'rotating', 'personal_only')",
            name=op.f("ck_checkin_settings_qr_mode"),
        ),
        sa.CheckConstraint(
            "closes_after_minutes BETWEEN 0 AND 1440",
            name=op.f("ck_checkin_settings_closes_after_minutes"),
        ),
        sa.CheckConstraint(
            "min_stay_minutes BETWEEN 0 AND 240", name=op.f("ck_checkin_settings_min_stay_minutes")
        ),
        sa.CheckConstraint(
            "opens_before_minutes BETWEEN 0 AND 240",
            name=op.f("ck_checkin_settings_opens_before_minutes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin_settings")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("file_name", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("failure", sa.String(length=40), nullable=True),
        sa.Column("landed_before", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("beat_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('reading', 'ready', 'landing', 'landed', 'failed')",
            name=op.f("ck_import_run_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint("public_id", name=op.f("uq_import_run_public_id")),
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_run_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_run_sha256"), ["sha256"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("result", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("node", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name=op.f("ck_job_run_state")),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_job_run")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_account_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("unit_path", sa.String(length=120), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_journal_actor_account_id"), ["actor_account_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_journal_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_journal_object_type_object_id"),
            ["object_type", "object_id"],
            unique=False,
        )

    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("volunteer_number", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=11), nullable=True),
        sa.Column("phone_tail", sa.String(length=4), nullable=True),
        sa.Column("category", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("consent", sa.String(length=10), nullable=False),
        sa.Column("consent_version", sa.Integer(), nullable=True),
        sa.Column("consent_at", sa.DateTime(), nullable=True),
        sa.Column("registered_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "consent IN ('pending', 'given', 'declined')", name=op.f("ck_person_consent")
        ),
        sa.CheckConstraint("state IN ('active', 'left')", name=op.f("ck_person_state")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_person_has_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("phone", name=op.f("uq_person_phone")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_public_id")),
        sa.UniqueConstraint("volunteer_number", name=op.f("uq_person_volunteer_number")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_name_id"), ["name", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_phone_tail"), ["phone_tail"], unique=False)

    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_number", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.String(length=7), nullable=False),
        sa.Column("monthly_target_minutes", sa.Integer(), nullable=False),
        sa.Column("min_days", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.String(length=10), nullable=False),
        sa.Column("grace_in_minutes", sa.Integer(), nullable=False),
        sa.Column("grace_out_minutes", sa.Integer(), nullable=False),
        sa.Column("min_presence_percent", sa.Integer(), nullable=False),
        sa.Column("max_minutes_per_record", sa.Integer(), nullable=False),
        sa.Column("max_minutes_per_day", sa.Integer(), nullable=False),
        sa.Column("duty_counts_for_target", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "rounding IN ('none', 'down_30', 'nearest_30')", name=op.f("ck_policy_rounding")
        ),
        sa.CheckConstraint("length(valid_from) = 7", name=op.f("ck_policy_valid_from")),
        sa.CheckConstraint(
            "max_minutes_per_day BETWEEN 1 AND 1440", name=op.f("ck_policy_max_minutes_per_day")
        ),
        sa.CheckConstraint(
            "max_minutes_per_record BETWEEN 1 AND 1440",
            name=op.f("ck_policy_max_minutes_per_record"),
        ),
        sa.CheckConstraint("min_days BETWEEN 0 AND 31", name=op.f("ck_policy_min_days")),
        sa.CheckConstraint(
            "min_presence_percent BETWEEN 0 AND 100", name=op.f("ck_policy_min_presence_percent")
        ),
        sa.CheckConstraint(
            "monthly_target_minutes BETWEEN 0 AND 44640",
            name=op.f("ck_policy_monthly_target_minutes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("valid_from", name=op.f("uq_policy_valid_from")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(length=120), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(parent_id IS NULL) = (kind = 'city')", name=op.f("ck_unit_one_root_kind")
        ),
        sa.CheckConstraint(
            "kind IN ('city', 'system', 'township', 'community', 'department', 'school', 'hospital', 'company', 'organisation', 'section')",
            name=op.f("ck_unit_kind"),
        ),
        sa.CheckConstraint("ended_on > started_on", name=op.f("ck_unit_ends_after_start")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
        sa.UniqueConstraint("path", name=op.f("uq_unit_path")),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_name_key"), ["name_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_unit_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=120), nullable=True),
        sa.Column("password_set_at", sa.DateTime(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("wait_until", sa.DateTime(), nullable=True),
        sa.CheckConstraint("state IN ('active', 'disabled')", name=op.f("ck_account_state")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("person_id", name=op.f("uq_account_person_id")),
    )
    op.create_table(
        "exemption",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('parental', 'sick', 'work_injury', 'posted_out', 'study', 'retired', 'unpaid_leave', 'unfit', 'seasonal', 'other')",
            name=op.f("ck_exemption_kind"),
        ),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_exemption_ends_after_start")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_exemption_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption")),
    )
    with op.batch_alter_table("exemption", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exemption_person_id"), ["person_id"], unique=False)

    op.create_table(
        "grid",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("township_id", sa.Integer(), nullable=False),
        sa.Column("lead_unit_id", sa.Integer(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('road', 'estate', 'market', 'lane')", name=op.f("ck_grid_kind")
        ),
        sa.ForeignKeyConstraint(["lead_unit_id"], ["unit.id"], name=op.f("fk_grid_lead_unit_id")),
        sa.ForeignKeyConstraint(["township_id"], ["unit.id"], name=op.f("fk_grid_township_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
        sa.UniqueConstraint("code", name=op.f("uq_grid_code")),
    )
    with op.batch_alter_table("grid", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grid_lead_unit_id"), ["lead_unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grid_township_id"), ["township_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("until_on > from_on", name=op.f("ck_membership_ends_after_start")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_membership_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("person_id", "from_on", name=op.f("uq_membership_person_id_from_on")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_from_on"), ["from_on"], unique=False)
        batch_op.create_index(
            "ix_membership_one_open_per_person",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("until_on IS NULL"),
            postgresql_where=sa.text("until_on IS NULL"),
        )
        batch_op.create_index(
            "ix_membership_unit_id_person_id",
            ["unit_id", "person_id", "from_on", "until_on"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_membership_until_on"),
            ["until_on"],
            unique=False,
            sqlite_where=sa.text("until_on IS NOT NULL"),
            postgresql_where=sa.text("until_on IS NOT NULL"),
        )

    op.create_table(
        "activation_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("wait_until", sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('activation', 'link')", name=op.f("ck_activation_code_kind")),
        sa.CheckConstraint(
            "expires_at > created_at", name=op.f("ck_activation_code_expires_later")
        ),
        sa.CheckConstraint(
            "used_at IS NULL OR ended_at IS NOT NULL", name=op.f("ck_activation_code_used_is_ended")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_activation_code_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_activation_code_code_hash")),
    )
    with op.batch_alter_table("activation_code", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_activation_code_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(
            "ix_activation_code_one_good_of_a_kind",
            ["account_id", "kind"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "role IN ('coordinator', 'unit_admin', 'system_lead', 'city_office', 'inspector', 'sys_admin', 'sec_admin', 'audit_admin')",
            name=op.f("ck_grant_role"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_grant_account_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_grant_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant")),
    )
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_grant_held_once",
            ["account_id", "role", "unit_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_grant_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "grid_co_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_grid_co_unit_grid_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_grid_co_unit_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_co_unit")),
        sa.UniqueConstraint("grid_id", "unit_id", name=op.f("uq_grid_co_unit_grid_id_unit_id")),
    )
    with op.batch_alter_table("grid_co_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grid_co_unit_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("service_day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("nature", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("source_class", sa.String(length=10), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("nature IN ('voluntary', 'duty')", name=op.f("ck_ledger_entry_nature")),
        sa.CheckConstraint(
            "source_class IN ('scanned', 'manual', 'imported')",
            name=op.f("ck_ledger_entry_source_class"),
        ),
        sa.CheckConstraint(
            "corrects_id IS NULL OR reason IS NOT NULL",
            name=op.f("ck_ledger_entry_corrects_with_reason"),
        ),
        sa.CheckConstraint("minutes <> 0", name=op.f("ck_ledger_entry_moves_something")),
        sa.CheckConstraint(
            "minutes > 0 OR corrects_id IS NOT NULL",
            name=op.f("ck_ledger_entry_takes_back_something"),
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_corrects_id")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_ledger_entry_grid_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_ledger_entry_person_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_ledger_entry_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("source", name=op.f("uq_ledger_entry_source")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_entry_corrects_id"), ["corrects_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_entry_month_person_id_nature_minutes"),
            ["month", "person_id", "nature", "minutes"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_entry_month_unit_id_person_id_minutes"),
            ["month", "unit_id", "person_id", "minutes"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_ledger_entry_person_id"), ["person_id"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_session_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_login_session_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("fence_metres", sa.Integer(), nullable=True),
        sa.Column("fence_mode", sa.String(length=10), nullable=False),
        sa.Column("qr_epoch", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "fence_mode IN ('off', 'hold', 'refuse')", name=op.f("ck_site_fence_mode")
        ),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_site_whole_position")
        ),
        sa.CheckConstraint("qr_epoch BETWEEN 1 AND 65535", name=op.f("ck_site_qr_epoch")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_site_grid_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_site_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_site_public_id")),
    )
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_grid_id"), ["grid_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("leader_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("content", sa.String(length=500), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("nature", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("nature IN ('voluntary', 'duty')", name=op.f("ck_activity_nature")),
        sa.CheckConstraint("capacity >= wanted", name=op.f("ck_activity_capacity_holds_wanted")),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_activity_ends_after_start")),
        sa.CheckConstraint("minutes BETWEEN 15 AND 720", name=op.f("ck_activity_minutes")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_activity_weekday")),
        sa.ForeignKeyConstraint(["leader_id"], ["person.id"], name=op.f("fk_activity_leader_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_activity_site_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_activity_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("public_id", name=op.f("uq_activity_public_id")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("corners", sa.String(length=120), nullable=True),
        sa.Column("kit", sa.String(length=120), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("leader_id", sa.Integer(), nullable=True),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("capacity >= wanted", name=op.f("ck_post_capacity_holds_wanted")),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_post_ends_after_start")),
        sa.CheckConstraint("wanted BETWEEN 1 AND 50", name=op.f("ck_post_wanted")),
        sa.ForeignKeyConstraint(["leader_id"], ["person.id"], name=op.f("fk_post_leader_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_post_site_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_post_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("code", name=op.f("uq_post_code")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("leader_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("content", sa.String(length=500), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("nature", sa.String(length=10), nullable=False),
        sa.Column("settings_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("cancel_reason", sa.String(length=200), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=True),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancel_reason IS NOT NULL)",
            name=op.f("ck_shift_cancelled_with_reason"),
        ),
        sa.CheckConstraint("kind IN ('activity', 'post', 'single')", name=op.f("ck_shift_kind")),
        sa.CheckConstraint("nature IN ('voluntary', 'duty')", name=op.f("ck_shift_nature")),
        sa.CheckConstraint("state IN ('planned', 'cancelled')", name=op.f("ck_shift_state")),
        sa.CheckConstraint("capacity >= wanted", name=op.f("ck_shift_capacity_holds_wanted")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shift_ends_after_start")),
        sa.CheckConstraint("wanted >= 0", name=op.f("ck_shift_wanted")),
        sa.ForeignKeyConstraint(["leader_id"], ["person.id"], name=op.f("fk_shift_leader_id")),
        sa.ForeignKeyConstraint(
            ["settings_id"], ["checkin_settings.id"], name=op.f("fk_shift_settings_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_shift_site_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_shift_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint(
            "id", "starts_at", "ends_at", name=op.f("uq_shift_id_starts_at_ends_at")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_shift_public_id")),
        sa.UniqueConstraint("source", name=op.f("uq_shift_source")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_shift_leader_id"), ["leader_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_shift_site_id_starts_at"), ["site_id", "starts_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_shift_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_shift_unit_id_starts_at"), ["unit_id", "starts_at"], unique=False
        )

    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("assigned_at", sa.DateTime(), nullable=False),
        sa.Column("assigned_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('assigned', 'cancelled', 'excused', 'walk_in')",
            name=op.f("ck_assignment_state"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id")),
        sa.ForeignKeyConstraint(
            ["shift_id", "starts_at", "ends_at"],
            ["shift.id", "shift.starts_at", "shift.ends_at"],
            name=op.f("fk_assignment_shift_id_starts_at_ends_at"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("shift_id", "person_id", name=op.f("uq_assignment_shift_id_person_id")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignment_person_id_starts_at_ends_at_state"),
            ["person_id", "starts_at", "ends_at", "state"],
            unique=False,
        )

    op.create_table(
        "post_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("season_from", sa.String(length=5), nullable=True),
        sa.Column("season_until", sa.String(length=5), nullable=True),
        sa.CheckConstraint(
            "(season_from IS NULL) = (season_until IS NULL)",
            name=op.f("ck_post_window_whole_season"),
        ),
        sa.CheckConstraint("ends > starts", name=op.f("ck_post_window_ends_after_start")),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name=op.f("ck_post_window_weekdays")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_window_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_window")),
        sa.UniqueConstraint(
            "post_id",
            "starts",
            "weekdays",
            "season_from",
            name=op.f("uq_post_window_post_id_starts_weekdays_season_from"),
        ),
    )
    with op.batch_alter_table("post_window", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_window_post_id"), ["post_id"], unique=False)

    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("required_minutes", sa.Integer(), nullable=True),
        sa.Column("served_minutes", sa.Integer(), nullable=True),
        sa.Column("shift_id", sa.Integer(), nullable=True),
        sa.Column("planned_at", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('short_day_20', 'short_day_27', 'shift_cancelled')",
            name=op.f("ck_reminder_kind"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_person_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_reminder_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint(
            "person_id", "kind", "period", name=op.f("uq_reminder_person_id_kind_period")
        ),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reminder_person_id_id"), ["person_id", "id"], unique=False
        )

    op.create_table(
        "scan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("actor_account_id", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("raw_token_hash", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("effective_at", sa.DateTime(), nullable=False),
        sa.Column("time_quality", sa.String(length=20), nullable=False),
        sa.Column("clock_offset_ms", sa.Integer(), nullable=True),
        sa.Column("queue_seq", sa.Integer(), nullable=True),
        sa.Column("position", sa.String(length=10), nullable=False),
        sa.Column("distance_band", sa.Integer(), nullable=True),
        sa.Column("position_hash", sa.String(length=64), nullable=True),
        sa.Column("ip_prefix", sa.String(length=43), nullable=True),
        sa.Column("browser_class", sa.String(length=20), nullable=True),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("supersedes_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('site_static', 'site_rotating', 'personal', 'manual', 'override', 'auto')",
            name=op.f("ck_scan_channel"),
        ),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_scan_direction")),
        sa.CheckConstraint(
            "position IN ('inside', 'outside', 'none')", name=op.f("ck_scan_position")
        ),
        sa.CheckConstraint(
            "reason IN ('token_malformed', 'token_signature', 'token_expired', 'token_revoked', 'token_wrong_kind', 'receipt_missing', 'login_required', 'person_unknown', 'account_inactive', 'not_coordinator', 'shift_cancelled', 'assignment_cancelled', 'not_assigned', 'wrong_site', 'ambiguous_shift', 'too_early', 'too_late_in', 'too_late_out', 'already_in', 'already_out', 'not_checked_in', 'overlap_active', 'left_early', 'location_missing', 'location_imprecise', 'outside_fence', 'device_shared', 'device_new', 'burst', 'clock_future', 'clock_before_sync', 'clock_moved', 'too_old', 'month_closed', 'roster_changed', 'idempotency_mismatch', 'rate_limited', 'server_error')",
            name=op.f("ck_scan_reason"),
        ),
        sa.CheckConstraint(
            "time_quality IN ('server', 'device_anchored', 'device_offset', 'stated')",
            name=op.f("ck_scan_time_quality"),
        ),
        sa.CheckConstraint(
            "verdict IN ('accepted', 'held', 'refused', 'duplicate')", name=op.f("ck_scan_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["actor_account_id"], ["account.id"], name=op.f("fk_scan_actor_account_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_scan_person_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_scan_shift_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_scan_site_id")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["scan.id"], name=op.f("fk_scan_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
        sa.UniqueConstraint("actor_account_id", "key", name=op.f("uq_scan_actor_account_id_key")),
    )
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.create_index(
            "ix_scan_key_of_system",
            ["key"],
            unique=True,
            sqlite_where=sa.text("actor_account_id IS NULL"),
            postgresql_where=sa.text("actor_account_id IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_scan_shift_id_person_id_effective_at"),
            ["shift_id", "person_id", "effective_at"],
            unique=False,
        )

    op.create_table(
        "attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("in_scan_id", sa.Integer(), nullable=True),
        sa.Column("out_scan_id", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(), nullable=True),
        sa.Column("left_at", sa.DateTime(), nullable=True),
        sa.Column("evidence_class", sa.String(length=1), nullable=False),
        sa.Column("review", sa.String(length=10), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "evidence_class IN ('A', 'B', 'C', 'D')", name=op.f("ck_attendance_evidence_class")
        ),
        sa.CheckConstraint(
            "review IN ('none', 'pending', 'approved', 'rejected')",
            name=op.f("ck_attendance_review"),
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR left_at IS NOT NULL", name=op.f("ck_attendance_closed_has_left")
        ),
        sa.CheckConstraint(
            "state IN ('expected', 'open', 'closed', 'auto_closed', 'absent', 'excused', 'void')",
            name=op.f("ck_attendance_state"),
        ),
        sa.CheckConstraint("left_at >= arrived_at", name=op.f("ck_attendance_left_after_arrived")),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_attendance_revision")),
        sa.ForeignKeyConstraint(["in_scan_id"], ["scan.id"], name=op.f("fk_attendance_in_scan_id")),
        sa.ForeignKeyConstraint(
            ["out_scan_id"], ["scan.id"], name=op.f("fk_attendance_out_scan_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attendance_person_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_attendance_policy_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_attendance_shift_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_attendance_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("shift_id", "person_id", name=op.f("uq_attendance_shift_id_person_id")),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attendance_one_open_per_person",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open' AND review <> 'pending'"),
            postgresql_where=sa.text("state = 'open' AND review <> 'pending'"),
        )
        batch_op.create_index(
            batch_op.f("ix_attendance_person_id_state"), ["person_id", "state"], unique=False
        )
        batch_op.create_index(
            "ix_attendance_unsettled",
            ["state", "shift_id"],
            unique=False,
            sqlite_where=sa.text("state IN ('open', 'auto_closed') OR review = 'pending'"),
            postgresql_where=sa.text("state IN ('open', 'auto_closed') OR review = 'pending'"),
        )

    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reminder_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "channel IN ('inbox', 'sms', 'email', 'group')", name=op.f("ck_delivery_channel")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'delivered', 'failed', 'unknown', 'dropped')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name=op.f("fk_delivery_reminder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("reminder_id", "channel", name=op.f("uq_delivery_reminder_id_channel")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_state_channel"), ["state", "channel"], unique=False
        )

    if op.get_bind().dialect.name == "sqlite":
        for trigger in SQLITE_TRIGGERS:
            op.execute(trigger)
    else:
        op.execute(ONE_PLACE_AT_A_TIME)
        op.execute(REFUSE_CHANGE)
        for trigger in POSTGRESQL_TRIGGERS:
            op.execute(trigger)
    # What a new city starts with: check-in as of checkin.md 1.4, two hours a month (R22).
    op.execute(
        "INSERT INTO checkin_settings (name, opens_before_minutes, min_stay_minutes, "
        "closes_after_minutes, require_out, return_allowed, qr_mode, hold_without_evidence, "
        "created_at) VALUES ('standard', 15, 15, 60, true, false, 'static', false, "
        "'2026-01-01 00:00:00.000000')"
    )
    op.execute(
        "INSERT INTO policy (document_number, valid_from, monthly_target_minutes, min_days, "
        "rounding, grace_in_minutes, grace_out_minutes, min_presence_percent, "
        "max_minutes_per_record, max_minutes_per_day, duty_counts_for_target, created_at) "
        "VALUES ('默认', '2000-01', 120, 10, 'none', 0, 0, 0, 480, 720, false, "
        "'2026-01-01 00:00:00.000000')"
    )


def downgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_state_channel"))

    op.drop_table("delivery")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_attendance_unsettled",
            sqlite_where=sa.text("state IN ('open', 'auto_closed') OR review = 'pending'"),
            postgresql_where=sa.text("state IN ('open', 'auto_closed') OR review = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_attendance_person_id_state"))
        batch_op.drop_index(
            "ix_attendance_one_open_per_person",
            sqlite_where=sa.text("state = 'open' AND review <> 'pending'"),
            postgresql_where=sa.text("state = 'open' AND review <> 'pending'"),
        )

    op.drop_table("attendance")
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scan_shift_id_person_id_effective_at"))
        batch_op.drop_index(
            "ix_scan_key_of_system",
            sqlite_where=sa.text("actor_account_id IS NULL"),
            postgresql_where=sa.text("actor_account_id IS NULL"),
        )

    op.drop_table("scan")
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reminder_person_id_id"))

    op.drop_table("reminder")
    with op.batch_alter_table("post_window", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_window_post_id"))

    op.drop_table("post_window")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_person_id_starts_at_ends_at_state"))

    op.drop_table("assignment")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shift_unit_id_starts_at"))
        batch_op.drop_index(batch_op.f("ix_shift_starts_at"))
        batch_op.drop_index(batch_op.f("ix_shift_site_id_starts_at"))
        batch_op.drop_index(batch_op.f("ix_shift_leader_id"))
        batch_op.drop_index(batch_op.f("ix_shift_ends_at"))

    op.drop_table("shift")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_unit_id"))
        batch_op.drop_index(batch_op.f("ix_post_site_id"))

    op.drop_table("post")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activity_unit_id"))
        batch_op.drop_index(batch_op.f("ix_activity_site_id"))

    op.drop_table("activity")
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_site_unit_id"))
        batch_op.drop_index(batch_op.f("ix_site_grid_id"))

    op.drop_table("site")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_account_id"))

    op.drop_table("login_session")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entry_person_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_month_unit_id_person_id_minutes"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_month_person_id_nature_minutes"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_corrects_id"))

    op.drop_table("ledger_entry")
    with op.batch_alter_table("grid_co_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grid_co_unit_unit_id"))

    op.drop_table("grid_co_unit")
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant_unit_id"))
        batch_op.drop_index(
            "ix_grant_held_once",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_grant_account_id"))

    op.drop_table("grant")
    with op.batch_alter_table("activation_code", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_activation_code_one_good_of_a_kind",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_activation_code_account_id"))

    op.drop_table("activation_code")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_membership_until_on"),
            sqlite_where=sa.text("until_on IS NOT NULL"),
            postgresql_where=sa.text("until_on IS NOT NULL"),
        )
        batch_op.drop_index("ix_membership_unit_id_person_id")
        batch_op.drop_index(
            "ix_membership_one_open_per_person",
            sqlite_where=sa.text("until_on IS NULL"),
            postgresql_where=sa.text("until_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_membership_from_on"))

    op.drop_table("membership")
    with op.batch_alter_table("grid", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grid_township_id"))
        batch_op.drop_index(batch_op.f("ix_grid_lead_unit_id"))

    op.drop_table("grid")
    with op.batch_alter_table("exemption", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exemption_person_id"))

    op.drop_table("exemption")
    op.drop_table("account")
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_parent_id"))
        batch_op.drop_index(batch_op.f("ix_unit_name_key"))

    op.drop_table("unit")
    op.drop_table("policy")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_phone_tail"))
        batch_op.drop_index(batch_op.f("ix_person_name_id"))

    op.drop_table("person")
    op.drop_table("lease")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journal_object_type_object_id"))
        batch_op.drop_index(batch_op.f("ix_journal_at"))
        batch_op.drop_index(batch_op.f("ix_journal_actor_account_id"))

    op.drop_table("journal")
    op.drop_table("job_run")
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_run_sha256"))
        batch_op.drop_index(batch_op.f("ix_import_run_account_id"))

    op.drop_table("import_run")
    op.drop_table("checkin_settings")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
