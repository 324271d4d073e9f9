"""At the counter: sign in and out (9001, 9002), who stands there (1101)."""

import secrets
from datetime import date, datetime, time
from typing import Any

from yibao.interfaces.gateway.catalogue.values import BEIJING
from yibao.interfaces.gateway.context import Context, handles
from yibao.workflows.identify_person import Identified, IdentityWish, identify_person
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
                "paus_insu_date": enrolment.valid_from if enrolment.state == "2" else None,
                "cvlserv_flag": "1" if enrolment.is_civil_servant else "0",
                "insuplc_admdvs": enrolment.division_id,
                "emp_name": enrolment.employer.name if enrolment.employer else None,
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


def _midnight(day: date) -> datetime:
    """The first moment of a day in Beijing."""
    return datetime.combine(day, time.min, BEIJING)
