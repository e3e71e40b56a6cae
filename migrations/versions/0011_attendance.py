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


def _no_evidence() -> None:
    """Take `_evidence` back."""


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


def _no_scanner() -> None:
    """Take `_scanner` back."""
    op.drop_table("scanner_hold")
    op.drop_table("scanner_device")
