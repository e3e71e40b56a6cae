"""Which sheet and which columns of an export hold what: the header row and its aliases."""

from collections.abc import Sequence
from typing import NamedTuple

from volunteer.core.sheets import column_letters
from volunteer.core.tables import NoRows, Row, Sheet, padded
from volunteer.units.rules import name_key

from .errors import HeaderTwice, HeaderUnknown, KindWrong, SheetsUnclear
from .models import Kind
from .rules import unit_of_title

ALIASES = {
    "number": ("志愿者编号", "志愿者编码", "志愿者号", "志愿者ID", "注册编号"),
    "name": ("姓名", "志愿者姓名", "名字"),
    "phone": ("手机号", "手机号码", "手机", "联系电话", "联系方式", "电话"),
    "organisation": (
        "所属组织",
        "组织",
        "组织名称",
        "志愿组织",
        "志愿服务组织",
        "所在组织",
        "服务组织",
        "团体名称",
        "志愿队伍",
    ),
    "activity": ("活动名称", "活动", "活动标题", "项目名称", "活动项目", "服务项目"),
    "day": ("服务日期", "活动日期", "日期"),
    "starts": ("签到时间", "签到", "开始时间", "活动开始时间", "服务开始时间"),
    "ends": ("签退时间", "签退", "结束时间", "活动结束时间", "服务结束时间"),
    "value": (
        "时长",
        "服务时长",
        "志愿时长",
        "志愿服务时长",
        "服务时数",
        "时数",
        "小时数",
        "分钟数",
        "信用时数",
        "信用时长",
    ),
    "honour": ("荣誉时数", "荣誉时长"),
}
MEANING = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
#: One of each group must be there.
NEEDED = {
    Kind.PEOPLE: (("number",), ("name",), ("phone",)),
    Kind.DURATIONS: (
        ("name",),
        ("number", "phone"),
        ("activity",),
        ("starts", "day"),
        ("value", "honour"),
    ),
}
HEADER_WITHIN = 10


class Table(NamedTuple):
    """The list of a sheet: `places` gives each known column its index, `titles` its header.

    `units` are the units that headers of durations name. Row `first` of the sheet, counted
    from 1, is the first one under the header.
    """

    kind: Kind
    sheet: str
    places: dict[str, int]
    titles: dict[str, str]
    units: dict[str, str]
    unused: list[str]
    first: int
    rows: Sequence[Row]


def find_table(sheets: Sequence[Sheet], kind: Kind | None = None) -> Table:
    """Return the one sheet with a header of an export; raises a FileRefused.

    Where there is a duration, it is an export of durations, else of people; `kind` is what
    was asked for.
    """
    tables = [table for sheet in sheets if (table := _table_of(sheet))]
    if len(tables) > 1:
        raise SheetsUnclear(sheets="、".join(table.sheet for table in tables))
    if not tables:
        raise HeaderUnknown(people=_spoken(Kind.PEOPLE), durations=_spoken(Kind.DURATIONS))
    table = tables[0]
    if kind not in {None, table.kind}:
        raise KindWrong()
    if not any(cell != "" for row in table.rows for cell in row):
        raise NoRows()
    return table


def _spoken(kind: Kind) -> str:
    return "、".join("/".join(ALIASES[column][0] for column in group) for group in NEEDED[kind])


def _table_of(sheet: Sheet) -> Table | None:
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN]):
        read = [unit_of_title(cell) if isinstance(cell, str) else ("", None) for cell in row]
        means = {place: MEANING[base] for place, (base, _) in enumerate(read) if base in MEANING}
        kind = kind_of(set(means.values()))
        if kind is None:
            continue
        places: dict[str, int] = {}
        for place, column in means.items():
            if column in places:
                raise HeaderTwice(
                    column=name_key(str(row[place])),
                    first=column_letters(places[column] + 1),
                    second=column_letters(place + 1),
                )
            places[column] = place
        titles = [name_key(cell) if isinstance(cell, str) else "" for cell in row]
        return Table(
            kind,
            sheet.name,
            places,
            {column: titles[place] for column, place in places.items()},
            {column: unit for column, place in places.items() if (unit := read[place][1])},
            [title for place, title in enumerate(titles) if title and place not in means],
            number + 2,
            padded(sheet.rows[number + 1 :], max(places.values()) + 1),
        )
    return None


def kind_of(columns: set[str]) -> Kind | None:
    """Return what a header with these columns is of, None where it is none.

    >>> kind_of({"number", "name", "phone", "organisation"}).value
    'people'
    """
    for kind in (Kind.DURATIONS, Kind.PEOPLE):
        if all(columns & set(group) for group in NEEDED[kind]):
            return kind
    return None
