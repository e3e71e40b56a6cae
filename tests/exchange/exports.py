"""Exports of the national app, as a test needs them."""

from tests.people.sheets import xlsx

PEOPLE = ("志愿者编号", "姓名", "手机号码", "所属组织", "政治面貌")
DURATIONS = (
    "志愿者编号",
    "姓名",
    "手机号码",
    "所属组织",
    "活动名称",
    "签到时间",
    "签退时间",
    "服务时长（小时）",
)
ABOVE = (("志愿服务时长",), ("说明：导出后请核对",))


def people(*rows, **given) -> bytes:
    return xlsx(*rows, header=PEOPLE, above=ABOVE, **given)


def durations(*rows, header=DURATIONS, **given) -> bytes:
    return xlsx(*rows, header=header, above=ABOVE, **given)


def served(person, starts="2026-11-05 09:00", ends="2026-11-05 11:00", hours=2.0, **given):
    """A row of durations; `number`, `name`, `phone` and `activity` may be given."""
    facts = {
        "number": f"ZYH{person.id:06d}" if person else "",
        "name": person.name if person else "",
        "phone": person.phone if person else "",
        "activity": "文明劝导",
        **given,
    }
    return (
        facts["number"],
        facts["name"],
        facts["phone"] or "",
        "红马甲志愿队",
        facts["activity"],
        starts,
        ends,
        hours,
    )
