"""Sheets with rosters, and what has come of them."""

from io import BytesIO

import xlsxwriter
from sqlalchemy import select

from volunteer.core.db import db
from volunteer.shifts.models import Assignment

HEAD = ("时间", "岗位", "单位", "姓名/手机号")
TIME, POST, UNIT, WHO = HEAD
ROW = ("2026-12-01 7:30-9:00", "新安路口", "梅城街道", "王芳")


def book(*rows, head=HEAD, sheets=1):
    file = BytesIO()
    workbook = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"})
    for _ in range(sheets):
        sheet = workbook.add_worksheet()
        for number, row in enumerate([("十二月排班",), head, *rows]):
            sheet.write_row(number, 0, row)
    workbook.close()
    return file.getvalue()


def changed(**given):
    return tuple((dict(zip(HEAD, ROW, strict=True)) | given).values())


def assigned():
    statement = select(Assignment).where(Assignment.state == "assigned").order_by(Assignment.id)
    return [(each.shift_id, each.person_id) for each in db.session.scalars(statement)]


def codes(outcome):
    return [(error.row, error.column, error.code) for error in outcome.rejected]
