"""The register: names of former times, aliases, categories, consents, requests, merged people."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from pypinyin import Style, pinyin

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PERSON_STATES = ("active", "left", "merged", "erased")
CONSENT_STATES = ("pending", "given", "declined", "withdrawn")
CATEGORIES = ("公务员", "事业编制", "国企职工", "社区(村)干部", "编外人员")

#: What people are told before they agree: a city publishes its own wording over it.
FIRST_NOTICE = """\
保存哪些信息：您的姓名、手机号和单位，签到签退的时间和点位，以及服务时长。不收集身份证号，不采集人脸，不记录行踪轨迹。
用来做什么：只用于本市志愿服务的排班、签到、服务记录和提醒。本单位和创建办可以查看，其他人看到的手机号是 138****5678 的样子。不出售，不公开，不用于广告。
保存多久：在册期间一直保存。离开后服务时长继续保留，因为服务记录以它为准；您可以要求删除姓名和手机号。操作日志至少保存 400 天。
怎样撤回同意：随时在“我的数据”页面撤回，或者告诉本单位联络员，不需要说明理由。您随时可以查看自己的记录，有错可以要求更正。不同意的，您仍在单位人员名册中，但不建立志愿者档案。
"""

#: What the database refuses by trigger, as each engine says it.
SQLITE_TRIGGERS = (
    "CREATE TRIGGER notice_refuses_update BEFORE UPDATE ON notice BEGIN SELECT RAISE(ABORT, 'notice only grows: UPDATE refused'); END",
    "CREATE TRIGGER notice_refuses_delete BEFORE DELETE ON notice BEGIN SELECT RAISE(ABORT, 'notice only grows: DELETE refused'); END",
    "CREATE TRIGGER consent_refuses_update BEFORE UPDATE ON consent BEGIN SELECT RAISE(ABORT, 'consent only grows: UPDATE refused'); END",
    "CREATE TRIGGER consent_refuses_delete BEFORE DELETE ON consent BEGIN SELECT RAISE(ABORT, 'consent only grows: DELETE refused'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE TRIGGER notice_refuses_update BEFORE UPDATE ON notice FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER notice_refuses_delete BEFORE DELETE ON notice FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER notice_refuses_truncate BEFORE TRUNCATE ON notice FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER consent_refuses_update BEFORE UPDATE ON consent FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER consent_refuses_delete BEFORE DELETE ON consent FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER consent_refuses_truncate BEFORE TRUNCATE ON consent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

#: Family names that are read in another way than the character alone.
FAMILIES = {
    "曾": "z",
    "仇": "q",
    "单": "s",
    "解": "x",
    "查": "z",
    "翟": "z",
    "尉": "y",
    "万俟": "mq",
    "乐": "y",
    "区": "o",
    "朴": "p",
    "盖": "g",
    "缪": "m",
    "覃": "q",
    "冼": "x",
    "种": "c",
    "秘": "b",
    "长孙": "zs",
}


def _allow(batch_op: object, column: str, words: Sequence[str]) -> None:
    """Let a column of `person` hold these words and no other."""
    name = batch_op.f(f"ck_person_{column}")
    batch_op.drop_constraint(name, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    batch_op.create_check_constraint(name, f"{column} IN ({listed})")


def _fill() -> None:
    """Write what a city starts with, and how the names that are there already are read."""
    op.execute(
        sa.text(
            "INSERT INTO notice (purpose, version, body, published_at) "
            "VALUES ('service', 1, :body, '2026-01-01 00:00:00.000000')"
        ).bindparams(body=FIRST_NOTICE)
    )
    for category in CATEGORIES:
        op.execute(f"INSERT INTO category (name) VALUES ('{category}')")
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "INSERT INTO consent (person_id, purpose, version, state, at) "
            "SELECT id, 'service', coalesce(consent_version, 1), consent, "
            "coalesce(consent_at, registered_at) FROM person WHERE consent <> 'pending'"
        )
    )
    names = connection.execute(sa.text("SELECT DISTINCT name FROM person")).scalars().all()
    if not names:
        return
    letters: dict[str, str] = {}
    for character in set("".join(names)):
        letters[character] = _initial(character)
    connection.execute(
        sa.text("UPDATE person SET name_pinyin = :letters WHERE name = :name"),
        [{"name": name, "letters": _reading(name, letters)} for name in names],
    )


def _initial(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalpha() else ""
    letter = pinyin(character, style=Style.FIRST_LETTER)[0][0][:1]
    return letter if letter.isascii() and letter.isalpha() else ""


def _reading(name: str, letters: dict[str, str]) -> str:
    read = "".join(letters[character] for character in name)
    family = FAMILIES.get(name[:2]) or FAMILIES.get(name[:1])
    return family + read[len(family) :] if family else read


def upgrade() -> None:
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("name", name=op.f("uq_category_name")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("purpose IN ('service')", name=op.f("ck_notice_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("purpose", "version", name=op.f("uq_notice_purpose_version")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("purpose IN ('service')", name=op.f("ck_consent_purpose")),
        sa.CheckConstraint(
            "state IN ('pending', 'given', 'declined', 'withdrawn')", name=op.f("ck_consent_state")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_person_request_decided")
        ),
        sa.CheckConstraint("kind IN ('name', 'deletion')", name=op.f("ck_person_request_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'refused', 'taken_back')",
            name=op.f("ck_person_request_state"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_request_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_request_public_id")),
    )
    with op.batch_alter_table("person_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_person_request_one_open_of_a_kind",
            ["person_id", "kind"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(batch_op.f("ix_person_request_state"), ["state"], unique=False)

    op.create_table(
        "planned_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("planned_at", sa.DateTime(), nullable=False),
        sa.Column("planned_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_planned_move_person_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_planned_move_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_move")),
        sa.UniqueConstraint("person_id", name=op.f("uq_planned_move_person_id")),
    )
    with op.batch_alter_table("planned_move", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_planned_move_on_day"), ["on_day"], unique=False)

    op.create_table(
        "qualification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('post_training', 'first_aid', 'fire_safety', 'psychology', 'sign_language', 'driving', 'other')",
            name=op.f("ck_qualification_kind"),
        ),
        sa.CheckConstraint("expires_on > granted_on", name=op.f("ck_qualification_expires_later")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_qualification_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
    )
    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_qualification_person_id"), ["person_id"], unique=False)

    op.create_table(
        "unit_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=60), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_alias_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_alias")),
        sa.UniqueConstraint("name_key", name=op.f("uq_unit_alias_name_key")),
    )
    with op.batch_alter_table("unit_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_alias_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "unit_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.CheckConstraint("until_on > from_on", name=op.f("ck_unit_name_ends_after_start")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_name_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_name")),
        sa.UniqueConstraint("unit_id", "until_on", name=op.f("uq_unit_name_unit_id_until_on")),
    )
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.drop_index("ix_grant_held_once")
        batch_op.add_column(sa.Column("grid_id", sa.Integer(), nullable=True))
        batch_op.create_index(
            "ix_grant_held_once",
            ["account_id", "role", "unit_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND grid_id IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND grid_id IS NULL"),
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_grant_grid_has_coordinator"), "grid_id IS NULL OR role = 'coordinator'"
        )
        batch_op.create_index(batch_op.f("ix_grant_grid_id"), ["grid_id"], unique=False)
        batch_op.create_index(
            "ix_grant_held_once_for_a_grid",
            ["account_id", "grid_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND grid_id IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND grid_id IS NOT NULL"),
        )
        batch_op.create_foreign_key(batch_op.f("fk_grant_grid_id"), "grid", ["grid_id"], ["id"])

    with op.batch_alter_table("person", schema=None) as batch_op:
        _allow(batch_op, "state", PERSON_STATES)
        _allow(batch_op, "consent", CONSENT_STATES)
        batch_op.add_column(sa.Column("name_pinyin", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_person_merged_into_somebody"),
            "(state = 'merged') = (merged_into_id IS NOT NULL)",
        )
        batch_op.create_index(
            batch_op.f("ix_person_merged_into_id"),
            ["merged_into_id"],
            unique=False,
            sqlite_where=sa.text("merged_into_id IS NOT NULL"),
            postgresql_where=sa.text("merged_into_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_person_name_pinyin"), ["name_pinyin"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_person_merged_into_id"), "person", ["merged_into_id"], ["id"]
        )
    triggers = SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for trigger in triggers:
        op.execute(trigger)
    _fill()


def downgrade() -> None:
    op.execute(
        "UPDATE person SET state = 'left', merged_into_id = NULL WHERE state IN ('merged', 'erased')"
    )
    op.execute("UPDATE person SET consent = 'declined' WHERE consent = 'withdrawn'")
    op.execute('DELETE FROM "grant" WHERE grid_id IS NOT NULL')
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_person_merged_into_somebody"), type_="check")
        _allow(batch_op, "state", ("active", "left"))
        _allow(batch_op, "consent", ("pending", "given", "declined"))
        batch_op.drop_constraint(batch_op.f("fk_person_merged_into_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_person_name_pinyin"))
        batch_op.drop_index(
            batch_op.f("ix_person_merged_into_id"),
            sqlite_where=sa.text("merged_into_id IS NOT NULL"),
            postgresql_where=sa.text("merged_into_id IS NOT NULL"),
        )
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("name_pinyin")

    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_grant_grid_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_grant_held_once_for_a_grid",
            sqlite_where=sa.text("ended_at IS NULL AND grid_id IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND grid_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_grant_grid_id"))
        batch_op.drop_constraint(batch_op.f("ck_grant_grid_has_coordinator"), type_="check")
        batch_op.drop_index("ix_grant_held_once")
        batch_op.drop_column("grid_id")
        batch_op.create_index(
            "ix_grant_held_once",
            ["account_id", "role", "unit_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("unit_name")
    with op.batch_alter_table("unit_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_alias_unit_id"))

    op.drop_table("unit_alias")
    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_qualification_person_id"))

    op.drop_table("qualification")
    with op.batch_alter_table("planned_move", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_planned_move_on_day"))

    op.drop_table("planned_move")
    with op.batch_alter_table("person_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_request_state"))
        batch_op.drop_index(
            "ix_person_request_one_open_of_a_kind",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.drop_table("person_request")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_person_id"))

    op.drop_table("consent")
    op.drop_table("notice")
    op.drop_table("category")
