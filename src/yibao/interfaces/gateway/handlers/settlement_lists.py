"""Settlement lists (结算清单): 4101 4101A upload, 4102 states, 4103 one list, 4104 3607 what the checks found, 4105 counts."""

from datetime import datetime
from typing import Any

import msgspec

from yibao.domains.settlement_lists.checks import CHECKS_BY_ID
from yibao.domains.settlement_lists.models import SettlementList
from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.interfaces.gateway.handlers.settlement_list_answer import answer_of
from yibao.workflows.look_up_records import Reader
from yibao.workflows.look_up_settlement_lists import NoSuchListError, count_lists, look_up_list, look_up_quality
from yibao.workflows.step_settlement_lists import WantedState, states_step
from yibao.workflows.upload_settlement_list import ListWish, list_step

PASSED, PASSED_WITH_WARNINGS, FAILED = "1", "2", "0"
"""质控结果 (qltctrl_rslt): no public text lists the codes; 1 passed, 2 passed with warnings, 0 failed are our default."""


def _reader(context: Context) -> Reader:
    """Who looks up."""
    return Reader(context.institution.id, context.envelope.opter, context.envelope.infno, context.now)


@handles("4101", "4101A")
def upload(context: Context, data: dict[str, Any]) -> bytes:
    """结算清单上传: keep the list with what the checks find; the number is answered, the findings are asked for."""
    head = data["setlinfo"]
    wish = ListWish(
        institution_id=context.institution.id,
        settlement_id=record_id(head["setl_id"], field="setlinfo.setl_id"),
        visit_id=record_id(head["mdtrt_id"], field="setlinfo.mdtrt_id") if head["mdtrt_id"] else None,
        person_number=head.get("psn_no"),
        head=head,
        nodes={name: rows for name, rows in data.items() if name != "setlinfo"},
        at=context.now,
    )
    return context.change(
        None, list_step(wish, context.request), lambda number: {"root": {"setl_list_id": str(number)}}
    )


@handles("4102")
def change_states(context: Context, data: dict[str, Any]) -> bytes:
    """结算清单状态修改: submit or take back."""
    wanted = [
        WantedState(
            node := f"data.stastinfo[{place}]",
            row["psn_no"],
            record_id(row["setl_id"], field=f"{node}.setl_id"),
            row["stas_type"],
        )
        for place, row in enumerate((data["data"] or {}).get("stastinfo") or ())
    ]
    step = states_step(institution_id=context.institution.id, wanted=wanted, at=context.now, request=context.request)
    return context.change(None, step, lambda _changed: None)


@handles("4103")
def show(context: Context, data: dict[str, Any]) -> bytes:
    """结算清单查询: the latest version of a settlement's list with all its parts."""
    sent = data["data"] or {}
    if not sent.get("setl_id"):
        raise NoSuchListError
    found = look_up_list(
        _reader(context),
        settlement_id=record_id(sent["setl_id"], field="setl_id"),
        person_number=sent.get("psn_no"),
    )
    return context.answer(answer_of(found, context.institution.name))


@handles("3607", "4104")
def quality(context: Context, data: dict[str, Any]) -> bytes:
    """清单质控结果查询: by field; one list an answer, `page_num` walks through those of a month."""
    sent = data["data"] or {}
    month = sent.get("setl_ym")
    found = look_up_quality(
        _reader(context),
        settlement_id=record_id(sent["setl_id"], field="setl_id") if sent.get("setl_id") else None,
        month=_month(month) if month else None,
        person_number=sent.get("psn_no"),
        level=sent.get("err_lv"),
        page=sent.get("page_num") or 1,
    )
    return context.answer({"root": _quality(found, is_3607=context.envelope.infno == "3607")})


@handles("4105")
def counts(context: Context, data: dict[str, Any]) -> bytes:
    """结算清单数量统计."""
    sent = data["data"]
    found = count_lists(
        _reader(context),
        context.institution.code,
        asked_institution=sent["fixmedins_code"],
        settled_from=sent["stt_begntime"],
        settled_until=sent["stt_endtime"],
        medical_types=_codes(sent["medtype_list"]),
        reversed_too=sent["refd_setl_flag"] == "1",
    )
    return context.answer(
        {
            "result": {
                "fixmedins_code": context.institution.code,
                "setl_cnt": found.settlements,
                "upld_cnt": found.lists,
                "not_upld_cnt": found.settlements - found.lists,
                "submit_cnt": found.submitted,
                "not_submit_cnt": found.drafts,
                "err_cnt": found.with_errors,
                "warn_cnt": found.with_warnings,
            }
        }
    )


def _codes(sent: str | None) -> tuple[str, ...]:
    """A list of codes: JSON, or codes between commas."""
    if sent is None:
        return ()
    try:
        told = msgspec.json.decode(sent)
    except msgspec.DecodeError:
        told = sent.split(",")
    return tuple(str(each).strip() for each in (told if isinstance(told, list) else [told]))


def _month(text: str) -> tuple[datetime, datetime]:
    """The half-open time of a month written yyyyMM.

    :raises NoSuchListError: it is no month, so that no list lies in it.
    """
    try:
        first = datetime.strptime(text, "%Y%m").replace(tzinfo=BEIJING)
    except ValueError:
        raise NoSuchListError from None
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first, after


def _quality(found: SettlementList, *, is_3607: bool) -> dict[str, Any]:
    """What the checks found, by field."""
    level = "1" if found.errors else "2" if found.warnings else None
    rows = [
        {
            "exam_data_fld": finding.field,
            "qltctrl_chkrslt": CHECKS_BY_ID[finding.check_id].zh[:100]
            if finding.check_id in CHECKS_BY_ID
            else finding.check_id,
            "err_lv": finding.level,
            "retn_flag": "1" if finding.level == "1" else "0",
            "init_val": finding.value or None,
        }
        for finding in found.findings.all()
    ]
    root = {
        "fixmedins_code": found.institution.code,
        "fixmedins_name": found.institution.name,
        "setl_ym": f"{found.settlement.settled_at.astimezone(BEIJING):%Y%m}",
        "setl_id": str(found.settlement_id),
        "psn_no": found.person.number,
        "psn_name": found.person.name,
        "psn_cert_type": found.person.document_type,
        "cert_no": found.person.document_number,
        "qltctrl_rslt": FAILED if found.errors else PASSED_WITH_WARNINGS if found.warnings else PASSED,
        "err_lv": level,
        "retn_flag": "1" if found.errors else "0",
        "qltctrl_ver": found.checks_version,
    }
    if is_3607:
        return {**root, "grp_stas": "0", "detl_list": rows}
    return {**root, "deraukubfi": rows}
