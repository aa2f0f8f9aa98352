"""A county's month from the night on which its return is made to the region that accepts it, sent
back and corrected on the way; and what is seen when a voucher is changed behind the ledger."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from celery import Celery
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, ViewportSize, expect

from config.demo.library import BREEDING, Plan
from config.demo.people import HEJING
from config.launch.processes import wait_until
from funds.models import Entry, Month, Voucher
from funds.services import close_month, record_receipt
from funds.verification import verify_county
from organizations.models import Division
from projects.models import PaymentRequest, Project
from reports.models import MonthlyReturn
from reports.periods import last_day_of, last_ended_month
from reports.services import start_return
from tests import factories as make
from tests import lives
from tests.browser.arranging import (
    OURS,
    approve,
    booked_on,
    cast_over,
    number_in,
    present_staff,
    request_waiting_for_payment,
)
from tests.browser.conftest import SCREEN, Office
from tests.browser.hands import ACROSS, fill, fits, follow, press, sheets_of, take_step
from tests.browser.test_accessibility import violations
from tests.cast import Cast
from tests.databases import superuser_connection
from tests.reports.reporting import STEPS

CLERK, CLOSER, HEAD = "曹雨霖", "严风和", "华雪晴"
REVIEWER, SECRETARY = "葛原上", "彭书简"
PREFECTURE, PREFECTURE_HEAD = "江流远", "童雪松"
REGION, REGION_HEAD = "云天阔", "高远山"
VILLAGE, DOCUMENT = "652827100203", "巴财农〔2026〕305号"
YARDS = Plan(
    "和静镇查汗通古村暖圈改造项目", VILLAGE, Decimal(380_000), BREEDING, "改造暖圈10座",
    (("暖圈", "座", "10", "36000"),), (52, 190, 12, 44), Project.Status.IMPLEMENTATION,
    no=OURS, county=HEJING, document=DOCUMENT,
)  # fmt: skip
NARROW: ViewportSize = {"width": 320, "height": 640}
PAID, FORGOTTEN = "120345.67", "200000.89"
AIMLESS, CLOSED = "项目都有绩效目标", "所属月份已结账"
REASON = "十月国库拨款通知单第8号的到账没有列入，请核实后更正"


def test_a_month_from_the_county_to_the_region(office: Office, tmp_path: Path) -> None:
    month = last_ended_month()
    office.backstage(spend, month)
    monthly = made_at_night(office, month)
    title = f"和静县{month:%Y年%m月}月报"
    two_red_checks(office, monthly, month)
    office.backstage(miss_the_day, month)
    reported(office, title)
    take_step(office, PREFECTURE, title, "退回更正", becomes="地州退回", comment=REASON)
    corrected(office, monthly, title, month)
    page = take_step(office, PREFECTURE, title, "接收", becomes="地州已接收", comment="数据齐全")
    office.look(page, "received")
    on_a_telephone(office, page, "received")
    late_and_missing(office)
    rolled_up(office, month)
    journal = drilled_down(office, month)
    workbook(office, monthly, tmp_path, month, journal)
    changed_behind_the_ledger(office, monthly, month)


# --- Behind the scenes -------------------------------------------------------------------------


def spend(month: dt.date) -> None:
    """A project of the neighbour that was given money and was paid for, all in that month; what
    it is to achieve is written down nowhere."""
    with booked_on(month.replace(day=16)):
        project = approve(YARDS)
        number = request_waiting_for_payment(project, PAID, "26000071")[0]
        request = PaymentRequest.objects.get(number=number)
        make.do(request, "pay", the_cast(), "treasury_clerk")
    with lives.unruled():
        request.project.targets.all().delete()


def the_cast() -> Cast:
    return cast_over(Division.objects.get(code=VILLAGE), present_staff())


def miss_the_day(month: dt.date) -> None:
    """Whatever day it is today: both counties should have reported yesterday."""
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    with lives.unruled():
        MonthlyReturn.objects.filter(first_day=month).update(due_on=yesterday)


def enter_what_was_forgotten(month: dt.date) -> None:
    """The month is opened again by two people, the sum entered, the month closed."""
    cast = the_cast()
    closed = Month.objects.get(division=cast.county, first_day=month)
    make.do(closed, "request_reopening", cast, "finance_clerk", comment="漏记一笔到账")
    make.do(closed, "reopen", cast, "finance_head", comment="同意补记")
    tag = make.allotment(cast, "500000", "巴财农〔2026〕306号")
    record_receipt(
        allotment=tag, amount=make.yuan(FORGOTTEN), occurred_on=month.replace(day=28),
        memo="国库拨款通知单第8号", key=make.key(), by=cast["finance_clerk"],
    )  # fmt: skip
    close_month(county=cast.county, first_day=month, by=cast["finance_reviewer"])


def pass_on(monthly: str) -> None:
    """The correction goes the way that was gone before the browser."""
    subject, cast = MonthlyReturn.objects.get(pk=number_in(monthly)), the_cast()
    for action, who in STEPS[:4]:
        make.do(subject, action, cast, who)


def sums(month: dt.date) -> dict[str, Decimal]:
    """By kind of voucher, straight from the entries."""
    rows = Entry.objects.filter(
        voucher__county__code=HEJING, voucher__occurred_on__lte=last_day_of(month)
    )
    found = rows.values_list("voucher__kind").annotate(sum=Sum("amount")).order_by()
    return dict(found)


# --- The county --------------------------------------------------------------------------------


def made_at_night(office: Office, month: dt.date) -> str:
    """What the calendar starts, in the worker; the address of the return. Once more is no more."""
    task = str(settings.CELERY_BEAT_SCHEDULE["start-monthly-returns"]["task"])
    page = office.person(CLERK)
    page.goto("/monthly/")
    line = row_of(page, named(month))
    expect(line).to_have_count(0)
    with Celery(broker=office.site.env["REDIS_URL"]) as queue:
        queue.send_task(task)
        queue.send_task(task)

    def is_there() -> bool:
        page.reload()
        return line.count() > 0

    assert wait_until(is_there, 20, step=0.2), "the worker made no return"
    expect(line).to_have_count(1)
    office.look(page, "list")
    line.get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text("系统自动")
    return page.url


def two_red_checks(office: Office, monthly: str, month: dt.date) -> None:
    """One goes when the month is closed, the other is let pass by a second person."""
    page = office.person(CLERK)
    page.goto(monthly)
    press(page, "运行核对")
    expect(page.get_by_text("✕ 2 项不符")).to_be_visible()
    expect(row_of(page, CLOSED)).to_contain_text("财政合规审查")
    for words in ("没有绩效目标", "二(六)", "项目主管部门经办"):
        expect(row_of(page, AIMLESS)).to_contain_text(words)
    office.look(page, "two-red")
    assert violations(page) == []
    close_the_month(office, month)
    press(page, "运行核对")
    expect(page.get_by_text("✕ 1 项不符")).to_be_visible()
    follow(page, f"申请放行“{AIMLESS}”")
    fill(page, {"放行事由": "绩效目标表已报县财政局，正在补录"})
    office.look(page, "waiver")
    press(page, "申请放行")
    expect(row_of(page, AIMLESS)).to_contain_text("待另一人同意")
    office.look(page, "waiver-asked")
    second = office.person(REVIEWER)
    second.goto(monthly)
    office.look(second, "waiver-to-agree")
    press(second, f"同意放行“{AIMLESS}”")
    expect(row_of(second, AIMLESS)).to_contain_text(f"{REVIEWER}同意")
    expect(second.get_by_text("✓ 没有不符")).to_be_visible()


def close_the_month(office: Office, month: dt.date) -> None:
    page = office.person(CLOSER)
    page.goto("/months/")
    row_of(page, named(month)).get_by_role("button").click()
    follow(page, "结账")
    fill(page, {"意见": "账实核对无误"})
    press(page, "结账")
    expect(page.locator(".page-head .badge").first).to_have_text("已结账")


def reported(office: Office, title: str) -> None:
    """Four people, each from the inbox."""
    take_step(office, CLERK, title, "送审", becomes="县审核")
    take_step(office, REVIEWER, title, "审核同意", becomes="待签发", comment="进度属实")
    page = take_step(office, HEAD, title, "签发并封存", becomes="已封存", comment="同意上报")
    expect(page.get_by_role("main")).to_contain_text("绩效目标表已报县财政局，正在补录")
    office.look(page, "sealed")
    take_step(office, SECRETARY, title, "上报地州", becomes="已报地州")


def corrected(office: Office, monthly: str, title: str, month: dt.date) -> None:
    """更正第1号 says what changed, field by field; the first report stays beside it."""
    page = office.person(CLERK)
    page.goto(monthly)
    expect(page.get_by_role("main")).to_contain_text(REASON)
    office.look(page, "sent-back")
    office.backstage(enter_what_was_forgotten, month)
    take_step(office, CLERK, title, "更正", becomes="草稿", comment="补列10月28日到账")
    press(page, "运行核对")
    follow(page, f"申请放行“{AIMLESS}”")
    fill(page, {"放行事由": "同首报"})
    press(page, "申请放行")
    second = office.person(REVIEWER)
    second.goto(monthly)
    press(second, f"同意放行“{AIMLESS}”")
    follow(page, "更正第1号")
    changes = page.get_by_role("region", name="差异")
    total = changes.get_by_role("row").filter(has_text="合计").filter(has_text="到位").first
    expect(total).to_contain_text("5,380,000.00")
    expect(total).to_contain_text("5,580,000.89")
    office.look(page, "differences")
    assert violations(page) == []
    office.backstage(pass_on, monthly)


# --- The prefecture and the region -------------------------------------------------------------


def late_and_missing(office: Office) -> None:
    """Received, and late for ever; who sent nothing is not nought."""
    page = office.person(PREFECTURE)
    page.goto("/monthly/matrix/")
    cell = row_of(page, "和静县").locator("td").nth(-3)
    expect(cell).to_contain_text("接收")
    expect(cell).to_contain_text("迟报")
    missing = row_of(page, "焉耆回族自治县").locator("td").nth(-3)
    expect(missing).to_contain_text("未报")
    office.look(page, "matrix")
    assert violations(page) == []
    office.print_out(page, "matrix")
    on_a_telephone(office, page, "matrix")


def rolled_up(office: Office, month: dt.date) -> None:
    """At the prefecture, signed by another; then by the region."""
    page = office.person(PREFECTURE)
    page.goto("/monthly/matrix/")
    press(page, "汇总")
    title = page.locator("h1").inner_text()
    expect(page.get_by_role("main")).to_contain_text("焉耆回族自治县")
    expect(row_of(page, "焉耆回族自治县（未报）").locator("td.amount").nth(1)).to_have_text("—")
    office.look(page, "roll-up")
    assert violations(page) == []
    on_a_telephone(office, page, "roll-up")
    take_step(office, PREFECTURE, title, "送签", becomes="待签发")
    take_step(office, PREFECTURE_HEAD, title, "签发并封存", becomes="已封存", comment="同意上报")
    take_step(office, PREFECTURE_HEAD, title, "上报", becomes="已上报")
    page = take_step(office, REGION, title, "接收", becomes="上级已接收", comment="数据齐全")
    office.look(page, "roll-up-received")
    page.goto("/monthly/matrix/")
    press(page, "汇总")


def drilled_down(office: Office, month: dt.date) -> Decimal:
    """From the region's row to the county's return, to the journal that its figure is made of;
    what the journal adds up to."""
    page = office.person(REGION)
    office.look(page, "region")
    follow(page, "和静县")
    expect(page.locator("h1")).to_contain_text(f"和静县{month:%Y年%m月}月报")
    expect(page.locator(".page-head .badge").first).to_have_text("自治区已接收")
    office.look(page, "region-county")
    funds = page.get_by_role("region", name="表一 资金支出进度月报表")
    funds.get_by_role("row").filter(has_text=DOCUMENT).get_by_role(
        "link", name="120,345.67"
    ).last.click()
    office.look(page, "journal")
    shown = page.get_by_role("region", name="专账明细账")
    expect(shown.get_by_role("row").filter(has_text="支付")).to_have_count(1)
    shown.get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text("120,345.67")
    office.look(page, "voucher")
    return Decimal(PAID)


def workbook(office: Office, monthly: str, folder: Path, month: dt.date, journal: Decimal) -> None:
    """Its sums are the page's, and both are the ledger's."""
    page = office.person(PREFECTURE)
    page.goto(monthly)
    funds = page.get_by_role("region", name="表一 资金支出进度月报表")
    total = [yuan(text) for text in funds.locator("tfoot td").all_inner_texts()]
    with page.expect_download() as expected:
        follow(page, "导出 xlsx（元）")
    file = folder / "return.xlsx"
    expected.value.save_as(file)
    sheet = load_workbook(file).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    last = next(row for row in rows if row[1] == "合计")
    assert [number(cell) for cell in last] == total
    amounts = [row for row in rows if isinstance(row[0], int)]
    for column in (6, 8, 12, 15):
        assert sum((number(row[column]) or 0 for row in amounts), Decimal(0)) == total[column]
    ledger = office.backstage(sums, month)
    assert (total[8], total[9], total[12], total[15]) == (
        ledger["receive"], ledger["allocate"], ledger["release"], ledger["pay"],
    )  # fmt: skip
    assert total[15] == journal
    page.goto(f"{monthly}print/")
    office.look(page, "print")
    office.print_out(page, "print")
    assert set(sheets_of(page)) == {ACROSS}


# --- Behind the ledger -------------------------------------------------------------------------


@contextmanager
def tampered(office: Office) -> Iterator[str]:
    """A payment of the county in another amount, by somebody whom no rule stops; put back in the
    end, as others use the site too. What the voucher is called."""
    change = "UPDATE funds_entry SET amount = amount + %s WHERE id = %s"
    with superuser_connection(office.site.database) as connection:
        connection.execute("SET session_replication_role = replica")
        entry, voucher = office.backstage(the_payment)
        connection.execute(change, [Decimal("0.01"), entry])
        try:
            yield voucher
        finally:
            connection.execute(change, [Decimal("-0.01"), entry])


def the_payment() -> tuple[int, str]:
    paid = Voucher.objects.filter(county__code=HEJING, kind=Voucher.Kind.PAY)
    voucher = paid.earliest("occurred_on")
    return voucher.entries.get().pk, str(voucher)


def changed_behind_the_ledger(office: Office, monthly: str, month: dt.date) -> None:
    """A fen is enough: the check names the voucher, the prefecture sees that the return does not
    come out the same, and the next one is not sealed."""
    with tampered(office) as voucher:
        verdict = office.site.manage("verify_ledger")
        assert verdict.returncode == 1 and voucher in verdict.stdout, verdict.stdout
        page = office.person(PREFECTURE)
        page.goto(monthly)
        follow(page, "更正第1号")
        expect(page.get_by_text("✕ 不同")).to_be_visible()
        office.look(page, "not-the-same")
        following = office.backstage(next_return)
        page = office.person(CLERK)
        page.goto(following)
        press(page, "运行核对")
        chain = row_of(page, "凭证链逐张核对，各账户余额重新加总")
        expect(chain).to_contain_text(voucher)
        expect(chain).to_contain_text("不能放行")
        office.look(page, "chain-red")
        page = office.person(HEAD)
        page.goto(following)
        expect(page.get_by_role("button", name="签发并封存")).to_have_attribute(
            "aria-disabled", "true"
        )
        expect(page.locator(".refused").first).to_contain_text("凭证链逐张核对")
        office.look(page, "not-sealed")
    assert office.backstage(problems) == [], "put back as it was"


def problems() -> list[str]:
    return verify_county(the_cast().county).problems


def next_return() -> str:
    """The county's return of the month that runs, as if it waited for its signature already."""
    cast = the_cast()
    following = start_return(county=cast.county, first_day=timezone.localdate().replace(day=1))[0]
    lives.place(following, MonthlyReturn.Status.SIGNING, cast)
    return following.get_absolute_url()


# --- Reading pages -----------------------------------------------------------------------------


def on_a_telephone(office: Office, page: Page, name: str) -> None:
    page.set_viewport_size(NARROW)
    office.look(page, f"{name}-320")
    assert fits(page), name
    page.set_viewport_size(SCREEN)


def named(month: dt.date) -> str:
    return f"{month.year}年{month.month}月"


def row_of(page: Page, words: str) -> Locator:
    """Of whichever table has one that begins with these words."""
    return page.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name=re.compile(f"^{re.escape(words)}"))
    )


def yuan(text: str) -> Decimal | None:
    """What a cell of the page shows, where it shows a number."""
    plain = text.replace(",", "").strip()
    return Decimal(plain) if re.fullmatch(r"-?[\d.]+", plain) else None


def number(cell: object) -> Decimal | None:
    return Decimal(str(cell)) if isinstance(cell, int | float) else None
