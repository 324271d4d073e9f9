"""`yibao agreements`: what is overdue or soon due in the agreements of institutions (协议管理)."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from yibao.interfaces.commands.prepared import prepare
from yibao.interfaces.commands.refusals import clear_refusals

app = typer.Typer(
    help="Agreements of institutions: deadlines and reminders. / 定点协议：期限与提醒。", no_args_is_help=True
)
console = Console(highlight=False)
Region = Annotated[str | None, typer.Option(help="Pooling region, as 120000; all without it.")]
Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day by which it is judged; today without it.")
]


@app.command(
    epilog="Examples:\n\n  yibao agreements overdue\n\n  yibao agreements overdue --region 120000 --on 2026-11-30"
)
def overdue(region: Region = None, on: Day = None) -> None:
    """List the applications whose stage is past its last day, the longest overdue first; exit code 1 when there are any.

    A deadline that runs into a year whose calendar is not known is not computed; such applications are named apart.
    """
    with clear_refusals():
        prepare()
        from yibao.domains.agreements.clocks import case_clock, overdue_cases

        today, cases = _day(on), _running(region)
        late = overdue_cases(cases, today=today)
        unknown = [(case, year) for case in cases if (year := case_clock(case, today=today).unknown_year)]
    if late:
        table = _table("申请 case", "地区 region", "机构 institution", "协议 kind", "环节 stage", "截止 last day")
        for case, clock in late:
            table.add_row(
                str(case.pk), case.region_id, f"{case.institution.code} {case.institution.name}", case.kind, clock.stage,
                f"{clock.due_on}",
            )  # fmt: skip
        console.print(table)
    for case, year in unknown:
        console.print(
            f"申请 {case.pk}：尚无{year}年的工作日历，期限未计算 case {case.pk}: no calendar of {year}, not computed"
        )
    console.print(f"逾期 overdue: {len(late)}")
    if late:
        raise typer.Exit(1)


@app.command(epilog="Examples:\n\n  yibao agreements remind\n\n  yibao agreements remind --days 5 --region 120000")
def remind(
    region: Region = None,
    on: Day = None,
    days: Annotated[int, typer.Option(min=0, max=400, help="Stages that end within so many days.")] = 3,
    renewal_days: Annotated[
        int, typer.Option(min=0, max=400, help="Agreements that end within so many days and that nothing renews yet.")
    ] = 92,
) -> None:
    """Say which stages end soon, which agreements want a renewal, and which suspensions have ended their agreement.

    Meant to run daily, as from cron; it changes nothing.
    """
    with clear_refusals():
        prepare()
        from yibao.domains.agreements.clocks import agreements_to_renew, case_clock
        from yibao.domains.agreements.models import AgreementSuspension

        today = _day(on)
        soon = [
            (case, clock)
            for case in _running(region)
            if (clock := case_clock(case, today=today)).due_on and today <= clock.due_on <= today + timedelta(days=days)
        ]
        ending = [
            agreement
            for each in _regions(region)
            for agreement in agreements_to_renew(region=each, today=today, until=today + timedelta(days=renewal_days))
        ]
        too_long = AgreementSuspension.objects.filter(
            lifted_on=None, ends_by__lte=today, agreement__ended_on=None, agreement__case__region_id__in=_regions(region)
        ).select_related("agreement__institution")  # fmt: skip
        over = [(each.agreement, each.ends_by) for each in too_long]
    for case, clock in soon:
        console.print(f"{clock.due_on} 申请 case {case.pk} {case.institution.code} {case.kind}: {clock.stage}")
    for agreement in ending:
        console.print(f"{agreement.valid_until} 待续签 to renew {agreement.number} {agreement.institution.code}")
    for agreement, ends_by in over:
        console.print(
            f"{ends_by} 中止超期，协议终止 ended by its suspension {agreement.number} {agreement.institution.code}"
        )
    console.print(f"将到期 soon due: {len(soon)} · 待续签 to renew: {len(ending)} · 中止超期 ended: {len(over)}")


def _day(on: datetime | None) -> date:
    """The day that was named, or today in Beijing."""
    from yibao.interfaces.commands.city import BEIJING

    return (on or datetime.now(BEIJING)).date()


def _running(region: str | None) -> list[Any]:
    """Cases with a running clock."""
    from yibao.domains.agreements.clocks import running_cases
    from yibao.domains.agreements.models import AgreementCase

    cases = running_cases(AgreementCase.objects.select_related("institution"))
    return list(cases.order_by("id") if region is None else cases.filter(region_id=region).order_by("id"))


def _regions(region: str | None) -> list[str]:
    """The region that was named, or all that have cases."""
    from yibao.domains.agreements.models import AgreementCase

    if region is not None:
        return [region]
    return sorted(set(AgreementCase.objects.values_list("region_id", flat=True)))


def _table(*headings: str) -> Table:
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
