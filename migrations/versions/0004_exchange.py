"""Exchange: exports of the national app as they were read, and what was taken over."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("file_name", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("value_unit", sa.String(length=10), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'durations') = (value_unit IS NOT NULL)",
            name=op.f("ck_exchange_file_has_value_unit"),
        ),
        sa.CheckConstraint("kind IN ('people', 'durations')", name=op.f("ck_exchange_file_kind")),
        sa.CheckConstraint(
            "value_unit IN ('hours', 'minutes')", name=op.f("ck_exchange_file_value_unit")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_exchange_file_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_exchange_file_public_id")),
        sa.UniqueConstraint("unit_id", "sha256", name=op.f("uq_exchange_file_unit_id_sha256")),
    )
    op.create_table(
        "exchange_link",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_link_person_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_exchange_link")),
    )
    with op.batch_alter_table("exchange_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_link_person_id"), ["person_id"], unique=False)

    op.create_table(
        "exchange_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=11), nullable=True),
        sa.Column("organisation", sa.String(length=100), nullable=True),
        sa.Column("activity", sa.String(length=100), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("starts_at", sa.DateTime(), nullable=True),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("doubt", sa.String(length=10), nullable=True),
        sa.CheckConstraint("doubt IN ('name', 'number')", name=op.f("ck_exchange_record_doubt")),
        sa.CheckConstraint(
            "(minutes IS NULL) = (day IS NULL)", name=op.f("ck_exchange_record_minutes_of_a_day")
        ),
        sa.CheckConstraint(
            "doubt IS NULL OR person_id IS NOT NULL",
            name=op.f("ck_exchange_record_doubt_about_somebody"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_exchange_record_ends_after_start")),
        sa.CheckConstraint(
            "ends_at IS NULL OR starts_at IS NOT NULL",
            name=op.f("ck_exchange_record_ends_what_started"),
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_exchange_record_minutes")),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["exchange_file.id"],
            name=op.f("fk_exchange_record_file_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_record_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_record")),
        sa.UniqueConstraint(
            "file_id", "row_number", name=op.f("uq_exchange_record_file_id_row_number")
        ),
    )
    with op.batch_alter_table("exchange_record", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_record_file_id_person_id_day"),
            ["file_id", "person_id", "day"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_exchange_record_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "exchange_taking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("record_key", sa.String(length=24), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("activity", sa.String(length=100), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=True),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_exchange_taking_ends_after_start")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_exchange_taking_minutes")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_exchange_taking_revision")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["exchange_file.id"], name=op.f("fk_exchange_taking_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_exchange_taking_person_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_exchange_taking_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_taking")),
        sa.UniqueConstraint(
            "person_id",
            "record_key",
            "revision",
            name=op.f("uq_exchange_taking_person_id_record_key_revision"),
        ),
        sa.UniqueConstraint("source", name=op.f("uq_exchange_taking_source")),
    )
    with op.batch_alter_table("exchange_taking", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_taking_file_id_id"), ["file_id", "id"], unique=False
        )
        batch_op.create_index(
            "ix_exchange_taking_once",
            ["person_id", "record_key"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.create_index(
        "ix_ledger_entry_not_scanned",
        "ledger_entry",
        ["month", "unit_id", "source_class", "minutes"],
        unique=False,
        sqlite_where=sa.text("source_class <> 'scanned'"),
        postgresql_where=sa.text("source_class <> 'scanned'"),
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_not_scanned", "ledger_entry")
    with op.batch_alter_table("exchange_taking", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_exchange_taking_once",
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_exchange_taking_file_id_id"))

    op.drop_table("exchange_taking")
    with op.batch_alter_table("exchange_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_record_person_id"))
        batch_op.drop_index(batch_op.f("ix_exchange_record_file_id_person_id_day"))

    op.drop_table("exchange_record")
    with op.batch_alter_table("exchange_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_link_person_id"))

    op.drop_table("exchange_link")
    op.drop_table("exchange_file")
