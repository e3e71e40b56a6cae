"""The exchange's journey: an export with a bad row, the reconciliation, minutes taken over."""

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import OFFICE, log_in
from tests.e2e.looking import Visitor
from tests.e2e.test_volunteer import LOCAL, bring_in, new_phone
from tests.exchange.exports import durations


def test_an_export_is_compared_and_taken_over(visitor: Visitor, pictures: Path):
    name, phone = "核对" + "甲乙丙丁戊己"[secrets.randbelow(6)], new_phone()
    page = log_in(visitor, OFFICE)
    visitor.go("/people/import")
    bring_in(page, (name, phone, "330182"))
    day = f"{datetime.now(LOCAL) - timedelta(days=1):%Y-%m-%d}"
    who = (f"ZYH{phone[-6:]}", name)
    content = durations(
        (*who, phone, "红马甲", "文明劝导", f"{day} 06:00", f"{day} 07:30", 1.5),
        (*who, "不是手机号", "红马甲", "文明劝导", f"{day} 06:00", f"{day} 07:30", 1.5),
    )

    visitor.go("/exchange")
    expect(page.locator("main")).to_contain_text("不是官方接口")
    visitor.go("/exchange/import")
    page.locator("input[type=file]").set_input_files(
        {"name": "时长导出.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_role("button", name="上传并对账").click()
    expect(page.locator("main")).to_contain_text("这不是手机号")
    expect(page.locator("main")).to_contain_text("“1.5”读作 90 分钟")
    visitor.look("an export")
    visitor.shoot(pictures, "exchange-file")

    page.get_by_role("link", name="查看对账明细").click()
    expect(page.locator("main")).to_contain_text(name)
    assert phone not in page.content()
    visitor.look("a reconciliation")
    visitor.shoot(pictures, "exchange-lines")
    page.get_by_label(name).check()
    page.get_by_label("原因").fill("与签到表核对一致")
    page.get_by_role("button", name="接收所选").click()
    expect(page.locator("body")).to_contain_text("已接收 1 条，共 90 分钟。")
    visitor.look("taken over")

    visitor.go(f"/people?q={phone[-4:]}")
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("link", name=re.compile("本月|时长")).last.click()
    expect(page.locator("main")).to_contain_text("从志愿汇接收1:30")


def test_our_hours_leave_in_the_shape_of_the_list(visitor: Visitor, pictures: Path):
    page = log_in(visitor, OFFICE)
    visitor.go("/exchange/export")
    visitor.shoot(pictures, "exchange-export")
    page.get_by_label("原因").fill("每月上报")

    with page.expect_download() as waiting:
        page.get_by_role("button", name="导出表格").click()

    assert waiting.value.suggested_filename.endswith("荣誉时数.xlsx")
    assert Path(waiting.value.path()).stat().st_size > 5_000
