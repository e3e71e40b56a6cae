"""Evidence of place and device, codes that change, records by hand, the offline scanner."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _evidence()
    _codes()
    _by_hand()
    _scanner()


def downgrade() -> None:
    _no_scanner()
    _no_by_hand()
    _no_codes()
    _no_evidence()


def _evidence() -> None:
    """How check-in asks for the place, and which device asked."""
    op.add_column(
        "checkin_settings",
        sa.Column("wants_location", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("checkin_wishes", sa.Column("wants_location", sa.Boolean(), nullable=True))
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("cookie_hash", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=200), nullable=True),
        sa.Column("security_profile", sa.String(length=20), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('volunteer', 'coordinator')", name=op.f("ck_device_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_device_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("cookie_hash", name=op.f("uq_device_cookie_hash")),
    )
    op.create_index(op.f("ix_device_account_id"), "device", ["account_id"], unique=False)
    op.create_table(
        "device_binding",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "state IN ('seen', 'trusted', 'blocked')", name=op.f("ck_device_binding_state")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_binding_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_device_binding_person_id")
        ),
        sa.PrimaryKeyConstraint("device_id", "person_id", name=op.f("pk_device_binding")),
    )
    op.create_index(
        op.f("ix_device_binding_person_id"), "device_binding", ["person_id"], unique=False
    )


def _no_evidence() -> None:
    """Take `_evidence` back."""
    op.drop_table("device_binding")
    op.drop_table("device")
    op.drop_column("checkin_wishes", "wants_location")
    op.drop_column("checkin_settings", "wants_location")


def _codes() -> None:
    """What changing and typed codes leave behind."""
    op.create_table(
        "wrong_tries",
        sa.Column("who", sa.String(60), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("wait_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_wrong_tries")),
    )
    op.create_index(op.f("ix_wrong_tries_last_at"), "wrong_tries", ["last_at"])


def _no_codes() -> None:
    """Take `_codes` back."""
    op.drop_table("wrong_tries")


def _by_hand() -> None:
    """What people claim, and what a leader takes back."""
    op.create_table(
        "attendance_override",
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(length=15), nullable=False),
        sa.CheckConstraint(
            "reason_code IN ('phone_dead', 'no_signal', 'code_damaged', 'forgot_out', 'walk_in', "
            "'system_fault', 'other')",
            name=op.f("ck_attendance_override_reason_code"),
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name=op.f("fk_attendance_override_scan_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shift.id"], name=op.f("fk_attendance_override_shift_id")
        ),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_attendance_override")),
    )
    op.create_index(op.f("ix_attendance_override_shift_id"), "attendance_override", ["shift_id"])
    op.create_table(
        "attendance_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attendance_id", sa.Integer(), nullable=False),
        sa.Column("ruling", sa.String(length=10), nullable=False),
        sa.Column("left_at", sa.DateTime(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("was_state", sa.String(length=12), nullable=False),
        sa.Column("was_review", sa.String(length=10), nullable=False),
        sa.Column("was_left_at", sa.DateTime(), nullable=True),
        sa.Column("was_out_scan_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "ruling IN ('approved', 'rejected')", name=op.f("ck_attendance_decision_ruling")
        ),
        sa.ForeignKeyConstraint(
            ["attendance_id"],
            ["attendance.id"],
            name=op.f("fk_attendance_decision_attendance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["account.id"], name=op.f("fk_attendance_decision_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["was_out_scan_id"],
            ["scan.id"],
            name=op.f("fk_attendance_decision_was_out_scan_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_decision")),
    )
    op.create_index(
        op.f("ix_attendance_decision_attendance_id"), "attendance_decision", ["attendance_id"]
    )
    op.create_index(
        op.f("ix_attendance_decision_decided_by_decided_at"),
        "attendance_decision",
        ["decided_by", "decided_at"],
    )
    op.create_table(
        "attendance_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(), nullable=False),
        sa.Column("left_at", sa.DateTime(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL)",
            name=op.f("ck_attendance_claim_answered_with_its_moment"),
        ),
        sa.CheckConstraint(
            "left_at > arrived_at", name=op.f("ck_attendance_claim_left_after_arrived")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'approved', 'declined')", name=op.f("ck_attendance_claim_state")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["account.id"], name=op.f("fk_attendance_claim_answered_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_attendance_claim_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shift.id"], name=op.f("fk_attendance_claim_shift_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_claim")),
    )
    op.create_index(
        "ix_attendance_claim_one_open",
        "attendance_claim",
        ["shift_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(
        op.f("ix_attendance_claim_person_id_shift_id"),
        "attendance_claim",
        ["person_id", "shift_id"],
    )
    _reminder_kinds(f"{NOTICES}, 'check_out_missing'")


NOTICES = (
    "'short_day_20', 'short_day_27', 'shift_cancelled', 'shift_changed', 'assigned', 'taken_off', "
    "'place_offered', 'place_lapsed', 'swap_asked', 'swap_answered', 'place_given_up', "
    "'place_swapped', 'people_asked', 'gaps_tomorrow', 'roster_published', 'takes_place'"
)


def _reminder_kinds(words: str) -> None:
    """Let a reminder be of these kinds and no other."""
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        name = batch_op.f("ck_reminder_kind")
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"kind IN ({words})")


def _no_by_hand() -> None:
    """Take `_by_hand` back."""
    op.execute(
        "DELETE FROM delivery WHERE reminder_id IN "
        "(SELECT id FROM reminder WHERE kind = 'check_out_missing')"
    )
    op.execute("DELETE FROM reminder WHERE kind = 'check_out_missing'")
    _reminder_kinds(NOTICES)
    op.drop_table("attendance_claim")
    op.drop_table("attendance_decision")
    op.drop_table("attendance_override")


def _scanner() -> None:
    """Devices that scan without a signal, and what they have sent in."""
    op.create_table(
        "scanner_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("cookie_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_class", sa.String(length=20), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=True),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("synced_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("last_seq >= 0", name=op.f("ck_scanner_device_last_seq")),
        sa.CheckConstraint("gaps >= 0", name=op.f("ck_scanner_device_gaps")),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_scanner_device_waiting")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_scanner_device_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scanner_device")),
        sa.UniqueConstraint("cookie_hash", name=op.f("uq_scanner_device_cookie_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_scanner_device_public_id")),
    )
    op.create_index(op.f("ix_scanner_device_account_id"), "scanner_device", ["account_id"])
    op.create_table(
        "scanner_hold",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["scanner_device.id"], name=op.f("fk_scanner_hold_device_id")
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_scanner_hold_shift_id")),
        sa.PrimaryKeyConstraint("device_id", "shift_id", name=op.f("pk_scanner_hold")),
    )
    op.create_index(op.f("ix_scanner_hold_shift_id"), "scanner_hold", ["shift_id"])
    op.add_column("scan", sa.Column("scanner_device_id", sa.Integer(), nullable=True))


def _no_scanner() -> None:
    """Take `_scanner` back."""
    op.drop_column("scan", "scanner_device_id")
    op.drop_table("scanner_hold")
    op.drop_table("scanner_device")
