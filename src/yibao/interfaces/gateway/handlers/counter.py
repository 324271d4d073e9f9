"""At the counter: sign in and out (9001, 9002), who stands there (1101), what the person is entitled to (2001)."""

import secrets
from datetime import date, datetime, time, timedelta
from typing import Any

from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.context import Context, handles
from yibao.workflows.check_entitlement import Checked, check_entitlement
from yibao.workflows.identify_person import Identified, IdentityWish, identify_person
from yibao.workflows.look_up_records import Reader
from yibao.workflows.settle_visit import age_on
from yibao.workflows.sign_in import sign_in_step, sign_out_step


@handles("9001")
def sign_in(context: Context, data: dict[str, Any]) -> bytes:
    """签到: give the operator a sign-in number."""
    step = sign_in_step(
        institution_id=context.institution.id,
        operator=data["signIn"]["opter_no"],
        sign_no=f"{secrets.randbelow(10**12):012d}",
        at=context.now,
    )
    return context.change(
        None, step, lambda signed: {"signinoutb": {"sign_time": signed.at, "sign_no": signed.sign_no}}
    )


@handles("9002")
def sign_out(context: Context, data: dict[str, Any]) -> bytes:
    """签退: close the sign-in."""
    step = sign_out_step(institution_id=context.institution.id, sign_no=data["signOut"]["sign_no"], at=context.now)
    return context.change(None, step, lambda signed: {"signoutoutb": {"sign_time": signed.at}})


@handles("1101")
def identify(context: Context, data: dict[str, Any]) -> bytes:
    """人员基本信息获取: the person behind a voucher, or with a document."""
    sent = data["data"]
    begins = sent["begntime"]
    found = identify_person(
        IdentityWish(
            institution_id=context.institution.id,
            operator=context.envelope.opter,
            voucher_kind=sent["mdtrt_cert_type"],
            voucher_number=sent["mdtrt_cert_no"],
            document_type=sent["psn_cert_type"],
            document_number=sent["certno"],
            name=sent["psn_name"],
            on=(begins or context.now).date(),
            at=context.now,
        )
    )
    return context.answer(_identity(found, context))


def _identity(found: Identified, context: Context) -> dict[str, Any]:
    """The answer of 1101; the balance stands with the employee scheme, which alone has accounts."""
    person = found.person
    return {
        "baseinfo": {
            "psn_no": person.number,
            "psn_cert_type": person.document_type,
            "certno": person.document_number,
            "psn_name": person.name,
            "gend": person.sex,
            "naty": person.ethnicity or None,
            "brdy": person.birth_date,
            "age": age_on(person.birth_date, context.now.date()) * 10,
        },
        "insuinfo": [
            {
                "balc": found.balance_fen if enrolment.scheme == "310" else 0,
                "insutype": enrolment.scheme,
                "psn_type": enrolment.person_type,
                "psn_insu_stas": enrolment.state,
                "psn_insu_date": enrolment.valid_from,
                "paus_insu_date": enrolment.suspended_from,
                "cvlserv_flag": "1" if enrolment.is_civil_servant else "0",
                "insuplc_admdvs": enrolment.division,
                "emp_name": enrolment.employer,
            }
            for enrolment in found.enrolments
        ],
        "idetinfo": [
            {
                "psn_idet_type": status.kind,
                "memo": status.document,
                "begntime": _midnight(status.valid_from),
                "endtime": _midnight(status.valid_until) if status.valid_until else None,
            }
            for status in found.statuses
        ],
    }


_STATES = {"0": "未参保", "1": "正常享受待遇", "2": "暂停参保或待遇等待期内", "4": "终止参保"}


@handles("2001")
def entitlement(context: Context, data: dict[str, Any]) -> bytes:
    """人员待遇享受检查: which funds would pay, and whether the disease of chronic care is recognised."""
    sent = data["data"]
    checked = check_entitlement(
        Reader(context.institution.id, context.envelope.opter, context.envelope.infno, context.now),
        number=sent["psn_no"],
        scheme=sent["insutype"],
        medical_type=sent["med_type"],
        disease=sent["dise_codg"],
        on=sent["begntime"].date(),
    )
    return context.answer({"trtinfo": _checks(checked, sent["psn_no"], f"{sent['insutype']}100")})


def _checks(checked: Checked, number: str, pooled: str) -> list[dict[str, Any]]:
    """A row for each fund of the law, and one for the recognition where the law asks for it."""
    rows: list[dict[str, Any]] = [
        {
            "psn_no": number,
            "trt_chk_type": "1",
            "fund_pay_type": fund,
            "trt_enjymnt_flag": "1" if checked.is_entitled else "0",
            "trt_chk_rslt": _STATES.get(checked.state, checked.state),
        }
        for fund in checked.funds or (pooled,)
    ]
    if checked.needs_recognition:
        found = checked.recognised
        rows.append(
            {
                "psn_no": number,
                "trt_chk_type": "99",
                "fund_pay_type": checked.funds[0],
                "trt_enjymnt_flag": "1" if found and checked.is_entitled else "0",
                "begndate": found.valid_from if found else None,
                "enddate": found.in_force_until - timedelta(days=1) if found and found.in_force_until else None,
                "trt_chk_rslt": f"门诊慢特病备案有效：{found.disease_name}" if found else "无有效的门诊慢特病备案",
            }
        )
    return rows


def _midnight(day: date) -> datetime:
    """The first moment of a day in Beijing."""
    return datetime.combine(day, time.min, BEIJING)
