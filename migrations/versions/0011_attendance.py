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


def _no_scanner() -> None:
    """Take `_scanner` back."""
