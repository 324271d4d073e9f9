"""Dispensers' side of prescriptions: 7201 QR shown, 7202 chosen for, 7203 opened and claimed, 7204 reviewed, 7205 delivered, 7206 handed over."""

from typing import Any

from yibao.domains.prescriptions.models import Authorisation, Prescription
from yibao.domains.prescriptions.states import Step
from yibao.interfaces.gateway.catalogue import TRANSACTIONS
from yibao.interfaces.gateway.context import Context, handles, record_id
from yibao.interfaces.gateway.handlers.prescribing import house_of, pharmacist_of, review_code
from yibao.interfaces.gateway.handlers.prescription_words import of_lines, of_prescription, of_visit, typed, underscored
from yibao.workflows.circulate_prescription import LeaveRefusedError, Shown, chosen_for, claiming_step, showing_step
from yibao.workflows.dispense_prescription import Handover, Sold, handing_over_step
from yibao.workflows.end_prescription import noting_step
from yibao.workflows.look_up_prescriptions import patient_of
from yibao.workflows.review_prescription import Review, review_step


@handles("7201")
def show(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方线下流转授权: the patient shows the QR at the counter."""
    step = showing_step(
        house=house_of(context), qr_code=data["data"]["epc_qrcd"], actor=context.envelope.opter, at=context.now
    )
    return context.change(patient_of(qr_code=data["data"]["epc_qrcd"]), step, _shown)


def _shown(shown: Shown) -> dict[str, Any]:
    person = shown.prescription.person
    return {
        "root": {
            "epc_token": shown.token,
            "cert_type": person.document_type,
            "name": person.name,
            "certno": person.document_number,
            "insuplc_admdvs": person.division_id,
        }
    }


@handles("7202")
def ask(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方线上流转查询: the oldest prescription for which this patient chose the dispenser."""
    sent = data["data"]
    found = chosen_for(
        house=house_of(context), voucher_kind=sent["mdtrt_cert_type"], voucher_number=sent["mdtrt_cert_no"],
        infno=context.envelope.infno, actor=context.envelope.opter, at=context.now,
    )  # fmt: skip
    return context.answer(None if found is None else {"root": _chosen(found)})


def _chosen(found: Authorisation) -> dict[str, Any]:
    prescription = found.prescription
    return {
        "auth_rxno": found.code,
        "diag_name": prescription.diagnosis_name,
        "fixmedins_code": prescription.institution.code,
        "fixmedins_name": prescription.institution.name,
        "prsc_time": prescription.prescribed_at,
        "dept_name": prescription.department_name,
        "valid_end_time": prescription.valid_until,
    }


@handles("7203")
def open_it(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方二维码解码: the prescription by its token or number; with it the dispenser claims it."""
    sent = data["data"]
    code = sent["epc_token"] or sent["auth_rxno"]
    if code is None:
        raise LeaveRefusedError(field="epc_token")
    step = claiming_step(house=house_of(context), code=code, actor=context.envelope.opter, at=context.now)
    return context.change(patient_of(leave=code), step, lambda made: _content(context, made))


def _content(context: Context, prescription: Prescription) -> dict[str, Any]:
    """Everything that the prescription says, under the names of 7101."""
    output = TRANSACTIONS["7203"].output
    nodes: dict[str, list[dict[str, Any]]] = {
        "data": [underscored("data", of_prescription(prescription, context.now))],
        "rxdrugdetail": [underscored("rxdrugdetail", each) for each in of_lines(prescription)],
        "mdtrtinfo": [underscored("mdtrtinfo", _visit(prescription))],
        "diseinfo": [underscored("diseinfo", each) for each in prescription.details.get("diseases", [])],
    }
    return {
        name: [typed(node.fields, each) for each in nodes[name]] if node.many else typed(node.fields, nodes[name][0])
        for name, node in output.items()
    }


def _visit(prescription: Prescription) -> dict[str, Any]:
    """The visit with the patient, as a dispenser needs it."""
    person = prescription.person
    told = {
        "psnNo": person.number,
        "psnCertType": person.document_type,
        "certno": person.document_number,
        "mdtrtId": prescription.visit_id,
        "prscDeptCode": prescription.department_code,
        "insuplcAdmdvs": prescription.details.get("insuplc_admdvs"),
    }
    return {**of_visit(prescription, {}), **told}


@handles("7204")
def review(context: Context, data: dict[str, Any]) -> bytes:
    """电子处方审方: a pharmacist of the dispenser."""
    sent = data["data"]
    told = Review(
        number=sent["hi_rxno"], house=house_of(context), pharmacist_name=sent["phar_name"],
        pharmacist_code=pharmacist_of(sent["phar_prac_cert_no"]), is_approved=review_code(sent["rx_chk_stas_codg"]),
        opinion=sent["rx_chk_opnn"], reviewed_at=sent["rx_chk_time"], at=context.now, actor=context.envelope.opter,
        signature=sent["phar_sign_info"], details={"second_pharmacist": sent["rchk_phar_name"]},
    )  # fmt: skip
    return context.change(patient_of(number=sent["hi_rxno"]), review_step(told), lambda _made: None)


@handles("7205")
def deliver(context: Context, data: dict[str, Any]) -> bytes:
    """配送信息: how a delivery fares; what is told stands in the prescription's timeline."""
    sent = data["data"]
    kept = (
        "delv_no", "delv_addr", "delv_entp_no", "delv_entp_name", "delver_name", "delver_tel", "delv_stas_codg",
        "delv_stas_name", "delv_stas_dscr",
    )  # fmt: skip
    step = noting_step(
        number=sent["hi_rxno"], house=house_of(context), step=Step.DELIVERY,
        details={name: sent[name] for name in kept if sent[name] is not None},
        happened_at=sent["delv_stas_time"] or context.now, actor=context.envelope.opter, at=context.now,
    )  # fmt: skip
    return context.change(patient_of(number=sent["hi_rxno"]), step, lambda _made: None)


@handles("7206")
def hand_over(context: Context, data: dict[str, Any]) -> bytes:
    """药品销售出库明细: what was handed over, pack by pack."""
    sent = data["data"]
    settlement = sent["setl_id"]
    given = Handover(
        number=sent["hi_rxno"], house=house_of(context),
        rows=[_sold(place, row) for place, row in enumerate(data["selinfo"])], happened_at=sent["sel_retn_time"],
        at=context.now, actor=context.envelope.opter, infno=context.envelope.infno, msgid=context.envelope.msgid,
        leave=sent["download_ide_code"],
        settlement_id=record_id(settlement, field="data.setl_id") if settlement else None,
        fund_fen=sent["fund_pay_sumamt"], account_fen=sent["acct_pay"], cash_fen=sent["psn_cash_pay"],
        details={"pharmacist": sent["phar_name"], "dispenser": sent["dspeer_name"], "checker": sent["pro_name"]},
    )  # fmt: skip
    return context.change(patient_of(number=sent["hi_rxno"]), handing_over_step(given), lambda _made: None)


def _sold(place: int, row: dict[str, Any]) -> Sold:
    """One row of what was sold."""
    return Sold(
        item_code=row["med_list_codg"], quantity_e4=row["sel_retn_cnt"], unit=row["drug_cnt_unit"],
        is_split=row["trdn_flag"] == "1", where=f"selinfo[{place}].drug_trac_codg", trace_code=row["drug_trac_codg"],
        price_e6=row["finl_trns_pric"], amount_fen=row["sumamt"], own_code=row["fixmedins_hilist_id"],
        own_name=row["fixmedins_hilist_name"], batch_number=row["bchno"] or row["manu_lotnum"],
        lot=row["manu_lotnum"], made_on=_day(row["manu_date"]), expires_on=_day(row["expy_end"]), rx_flag=row["rx_flag"],
        details={
            "drugProdname": row["drug_prodname"], "prdrName": row["prdr_name"], "aprvno": row["aprvno"],
            "manuLotnum": row["manu_lotnum"], "bchno": row["bchno"],
        },
    )  # fmt: skip


def _day(sent: Any) -> Any:
    """A day, whether it came with a time or without."""
    return sent.date() if hasattr(sent, "date") else sent
