"""What a hospital's system tries in the sandbox for the acceptance test on care over the internet: the whole programme."""

from datetime import datetime, timedelta

from . import internet_hospital as online
from . import prescribing
from .hospital import BEIJING
from .mobile_payer import MobilePayer
from .two_regions import AWAY

CODE = "H11010100001"
NOW = datetime.now(BEIJING)
AT = f"{max(NOW - timedelta(hours=2), NOW.replace(hour=0, minute=0, second=0)):%Y-%m-%d %H:%M:%S}"
"""Two hours ago, and today: what is agreed on today is in force then."""


def outpatient(hospital, person, **envelope):
    """Registration, diagnoses, lines, trial and settlement of an ordinary visit."""
    visit = hospital.register(person, **envelope)
    hospital.expect("2203", hospital.diagnoses(person, visit), **envelope)
    hospital.expect("2204", {"feedetail": [hospital.line(person, visit, price="300.00")]}, **envelope)
    hospital.expect("2206", hospital.bill(person, visit, "300.00"), **envelope)
    hospital.expect("2207", hospital.bill(person, visit, "300.00"), **envelope)


def followed_up(hospital, person):
    """A visit over the internet, settled and cancelled again."""
    visit = online.begin_online(hospital, person, at=AT)
    hospital.expect("2203", online.diagnosed(hospital, person, visit, med_type=online.ONLINE, at=AT))
    hospital.expect("2204", {"feedetail": [hospital.line(person, visit, price="100.00", at=AT)]})
    bill = online.online_bill(hospital, person, visit, "100.00")
    hospital.expect("2206", bill)
    settled = hospital.expect("2207", bill)["setlinfo"]
    hospital.expect("2208", hospital.reversal(person, visit, settled["setl_id"]))


def prescribed(hospital, person):
    """One prescription reviewed and dispensed at the hospital, one withdrawn."""
    node = prescribing.prescription(person, hospital.register(person), rx_circ_flag="0")
    number = hospital.expect("7101", prescribing.signed(node, also=None))["hi_rxno"]
    reviewed = {
        "hi_rxno": number, "fixmedins_name": "院", "fixmedins_code": CODE, "phar_cert_type": "01",
        "phar_name": prescribing.PHARMACIST, "rchk_phar_certno": "X", "rchk_phar_name": "复核",
        "rx_chk_stas_codg": "1", "rx_chk_time": prescribing.now_text(),
    }  # fmt: skip
    hospital.expect("7102", {"data": reviewed})
    row = {
        "medins_drug_no": "OWN-XA01", "drug_genname": "阿莫西林胶囊", "drug_dosform": "胶囊", "drug_spec": "0.25g*24",
        "drug_totlcnt": "2", "fixmedins_code": CODE, "fixmedins_name": "院", "prdr_name": "厂", "pric": "12.5",
        "total_unit": "盒", "sumamt": "25",
    }  # fmt: skip
    paid = {
        "hi_rxno": number, "fund_pay_sumamt": "0", "psn_part_amt": "25", "acct_pay": "0", "psn_cash_pay": "25",
        "setl_time": prescribing.now_text(),
    }  # fmt: skip
    hospital.expect("7103", {"data": paid, "seltdelts": [row]})
    other = prescribing.signed(prescribing.prescription(person, hospital.register(person)))
    undone = {
        "hi_rxno": hospital.expect("7101", other)["hi_rxno"], "prsc_dr_name": prescribing.PHYSICIAN,
        "undo_dr_certno": "X", "undo_rea": "开错", "undo_time": prescribing.now_text(),
    }  # fmt: skip
    hospital.expect("7104", {"data": undone})


def paid_from_afar(hospital, person):
    """One order paid, looked at and refunded, one withdrawn before it was paid."""
    payer = MobilePayer(hospital)
    order = payer.place(person)
    paid = payer.pay(order)
    payer.look(order)
    assert payer.refund(order, paid) == "SUCC"
    payer.revoke(payer.place(person))


def try_everything(hospital, person, guest):
    """What the programme of the test run asks for."""
    hospital.expect("9001", {"signIn": {"opter_no": "1", "mac": "m", "ip": "1"}})
    hospital.expect("1101", {"data": {"psn_cert_type": "01", "certno": person.document_number}})
    outpatient(hospital, person)
    outpatient(hospital, guest, insuplc=AWAY)
    followed_up(hospital, person)
    prescribed(hospital, person)
    paid_from_afar(hospital, person)
