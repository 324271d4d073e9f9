"""Practitioners with keys, and the messages of electronic prescriptions, for the journeys through them."""

import itertools
import json
from datetime import UTC, date, datetime, timedelta

from yibao.core import sm2
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.domains.prescriptions.models import Prescription
from yibao.domains.prescriptions.signatures import keep_key

from .goods import new_code
from .hospital import BEIJING, Hospital
from .small_town import REGION

HOSPITAL, OTHER_HOSPITAL, PHARMACY, OTHER_PHARMACY = "H11010100001", "H11010100002", "P11010100001", "P11010100002"
PHYSICIAN, PHARMACIST, SHOP_PHARMACIST, OTHER_SHOP_PHARMACIST = "测试医师", "院内药师", "店内药师", "他店药师"
_serials = itertools.count(1)
PRIVATE = {name: sm2.new_private_key() for name in (PHYSICIAN, PHARMACIST, SHOP_PHARMACIST, OTHER_SHOP_PHARMACIST)}


def staff_the_houses():
    """A second pharmacy, and practitioners of each house, each with a key of their own."""
    first = Institution.objects.get(code=PHARMACY)
    if not Institution.objects.filter(code=OTHER_PHARMACY).exists():
        other = Institution.objects.create(
            code=OTHER_PHARMACY, name="测试另一药店", kind="pharmacy", level="pharmacy", division_id="110101",
            designated_from=date(2019, 1, 1),
        )  # fmt: skip
        copy_keys(first, other)
    people = (
        (PHYSICIAN, "D110101000001", HOSPITAL),
        (PHARMACIST, "Y110101000001", HOSPITAL),
        (SHOP_PHARMACIST, "Y110101000002", PHARMACY),
        (OTHER_SHOP_PHARMACIST, "Y110101000003", OTHER_PHARMACY),
    )
    for name, code, house in people:
        made, is_new = Practitioner.objects.get_or_create(
            code=code, defaults={"name": name, "kind": code[0], "institution": Institution.objects.get(code=house), "valid_from": date(2019, 1, 1)},
        )  # fmt: skip
        if is_new:
            keep_key(
                practitioner_id=made.pk,
                public_key=sm2.public_key_of(PRIVATE[name]),
                at=datetime(2026, 1, 1, tzinfo=UTC),
            )


def copy_keys(first, other):
    """Let an institution in wherever another one is."""
    from yibao.domains.messages.keys import KeyRow, Material, add_key
    from yibao.domains.messages.models import AccessPoint

    for point in AccessPoint.objects.filter(region_id=REGION):
        name = "" if point.scheme == "none" else f"key-{other.code}"
        add_key(KeyRow(point.pk, other.pk, name, Material(f"secret-{other.code}" if name else "")))


def now_text(**off):
    return f"{datetime.now(BEIJING) + timedelta(**off):%Y-%m-%d %H:%M:%S}"


def drug(item="XA01", count="2", **changes):
    """A row of rxdrugdetail in 7101."""
    told = {
        "med_list_codg": item, "fixmedins_hilist_id": f"OWN-{item}", "drug_genname": "阿莫西林胶囊", "drug_dosform": "胶囊",
        "drug_spec": "0.25g*24", "drug_cnt": count, "drug_cnt_unit": "盒", "medc_way_codg": "1", "medc_way_dscr": "口服",
        "medc_starttime": now_text(), "medc_endtime": now_text(days=3), "medc_days": "3", "sin_doscnt": "0.5",
        "sin_dosunt": "g", "used_frqu_codg": "11", "used_frqu_name": "每日三次",
    }  # fmt: skip
    return {**told, **changes}


def prescription(person, visit, *, drugs=None, **changes):
    """The input of 7101, unsigned; `changes` are of the node data."""
    written = now_text(minutes=-5)
    data = {
        "hosp_rxno": f"RX{next(_serials)}", "rx_type_code": "1", "prsc_time": written, "rx_drug_nums": "1",
        "valid_days": "3", "valid_end_time": now_text(days=2), "rx_cotn_flag": "0", "rx_file": "", "rx_circ_flag": "1",
    }  # fmt: skip
    return {
        "data": {**data, **changes},
        "rxdrugdetail": drugs or [drug()],
        "mdtrtinfo": {
            "mdtrt_id": visit, "med_type": "11", "ipt_op_no": "OP1", "psn_no": person.number, "patn_name": person.name,
            "age": "46", "gend": person.sex, "insuplc_admdvs": "110101", "psn_cert_type": "01",
            "certno": person.document_number, "insutype": "310", "prsc_dept_name": "内科", "prsc_dept_code": "A01",
            "prsc_dr_name": PHYSICIAN, "phar_name": PHARMACIST, "phar_chk_time": now_text(), "mdtrt_time": written,
            "sp_dise_flag": "0", "diag_code": "J18.900", "diag_name": "肺炎", "rgst_fee": "0",
        },
        "diseinfo": [
            {
                "diag_type": "1", "maindiag_flag": "1", "diag_srt_no": "1", "diag_code": "J18.900", "diag_name": "肺炎",
                "diag_dept": "内科", "dise_dor_no": "D110101000001", "dise_dor_name": PHYSICIAN, "diag_time": written,
            }
        ],
    }  # fmt: skip


def signed_text(node, house=HOSPITAL):
    """What is signed of a prescription, as docs/prescriptions.md tells it."""
    data, visit = node["data"], node["mdtrtinfo"]
    drugs = [
        {
            name: row[name]
            for name in (
                "med_list_codg", "drug_genname", "drug_spec", "drug_cnt", "drug_cnt_unit", "medc_way_codg", "sin_doscnt",
                "sin_dosunt", "used_frqu_codg", "medc_days",
            )
            if row.get(name)
        }
        for row in node["rxdrugdetail"]
    ]  # fmt: skip
    told = {
        "fixmedins_code": house, "hosp_rxno": data["hosp_rxno"], "prsc_dr_name": visit["prsc_dr_name"],
        "patn_name": visit["patn_name"], "certno": visit["certno"], "diag_code": visit["diag_code"],
        "prsc_time": data["prsc_time"], "valid_end_time": data["valid_end_time"], "drugs": drugs,
    }  # fmt: skip
    if data.get("rept_flag") == "1":
        told["max_rept_cnt"] = data["max_rept_cnt"]
        if data.get("min_inrv_days"):
            told["min_inrv_days"] = data["min_inrv_days"]
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def signature(name, text):
    """A practitioner's signature over a text."""
    return sm2.sign(PRIVATE[name], text.encode()).hex()


def signed(node, *, by=PHYSICIAN, also=PHARMACIST):
    """The prescription with its physician's and its pharmacist's signature."""
    text = signed_text(node)
    node["data"]["dr_sign_info"] = signature(by, text)
    if also:
        node["data"]["phar_sign_info"] = signature(also, text)
    return node


def prescribed(person, *, drugs=None, hospital=None, **changes):
    """A prescription that is signed, reviewed and in circulation."""
    hospital = hospital or Hospital()
    node = signed(prescription(person, hospital.register(person), drugs=drugs, **changes))
    number = hospital.expect("7101", node)["hi_rxno"]
    return Prescription.objects.get(number=number)


def shown(rx, pharmacy):
    """7201: the QR is scanned; gives the token."""
    asked = {
        "app_chnl_id": "1", "app_chnl_user_id": "1", "dev_info": "t", "epc_qrcd": rx.qr_code, "ip_info": "10.0.0.1",
        "opter": "1", "opter_name": "店员", "optins": pharmacy.code,
    }  # fmt: skip
    return {"data": asked}


def opened(token, **changes):
    """The input of 7203."""
    return {"data": {"epc_token": token, "insuplc_admdvs": "110101", **changes}}


def review(rx, name=SHOP_PHARMACIST, *, code="1", signs=True):
    """The input of 7204."""
    return {
        "data": {
            "hi_rxno": rx.number, "phar_cert_type": "01", "phar_certno": "X", "phar_name": name,
            "phar_sign_info": signature(name, rx.text) if signs else "", "rchk_phar_cert_type": "01",
            "rchk_phar_certno": "X", "rchk_phar_name": "复核", "rx_chk_opnn": "合理", "rx_chk_stas_codg": code,
            "rx_chk_time": now_text(),
        }
    }  # fmt: skip


def sold(item="XA01", code=None, count="1", **changes):
    """A row of selinfo in 7206."""
    row = {
        "med_list_codg": item, "fixmedins_hilist_id": "OWN1", "fixmedins_hilist_name": "阿莫西林胶囊", "drug_dosform": "胶囊",
        "drug_spec": "0.25g*24", "manu_lotnum": "L1", "prdr_name": "测试药厂", "manu_date": "2026-01-01", "rx_flag": "1",
        "trdn_flag": "0", "finl_trns_pric": "12.5", "drug_trac_codg": new_code() if code is None else code,
        "sel_retn_cnt": count, "drug_cnt_unit": "盒", "sumamt": "12.50",
    }  # fmt: skip
    return {**row, **changes}


def handed(rx, token, *rows, **changes):
    """The input of 7206."""
    told = {
        "hi_rxno": rx.number, "phar_cert_type": "01", "phar_name": SHOP_PHARMACIST, "phar_prac_cert_no": "1",
        "dspeer_cert_type": "01", "dspeer_name": "配药", "pro__cert_type": "01", "pro_name": "核对",
        "hi_feesetl_type": "1", "sel_retn_time": now_text(), "download_ide_code": token, "fund_pay_sumamt": "0",
        "psn_part_amt": "25", "acct_pay": "0", "psn_cash_pay": "25", "setl_time": now_text(),
    }  # fmt: skip
    return {"data": {**told, **changes}, "selinfo": list(rows) or [sold(), sold()]}


def claimed(rx, pharmacy, *, name=SHOP_PHARMACIST):
    """The prescription opened, claimed and reviewed by a pharmacy; gives the token."""
    token = pharmacy.expect("7201", shown(rx, pharmacy))["epc_token"]
    pharmacy.expect("7203", opened(token))
    pharmacy.expect("7204", review(rx, name))
    return token
