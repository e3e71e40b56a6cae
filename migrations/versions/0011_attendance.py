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
    for name, type_, default in (
        ("wants_location", sa.Boolean(), sa.false()),
        ("slot_seconds", sa.Integer(), "15"),
        ("slots_back", sa.Integer(), "1"),
        ("lookback_hours", sa.Integer(), "72"),
    ):
        op.add_column(
            "checkin_settings", sa.Column(name, type_, nullable=False, server_default=default)
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
    for name in ("lookback_hours", "slots_back", "slot_seconds", "wants_location"):
        op.drop_column("checkin_settings", name)


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


def _no_by_hand() -> None:
    """Take `_by_hand` back."""


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
