"""Clients that others wrote for the real platform complete their whole chain, unchanged."""

import io
import json
import zipfile
from datetime import datetime, timedelta, timezone

import pytest

from yibao.domains.clinical.models import ClinicalRecord
from yibao.domains.enrolment.models import PersonalAccount
from yibao.domains.messages.models import Message
from yibao.domains.mobile_orders.models import ChannelEntry, Order
from yibao.domains.prescriptions.models import Dispensing, Prescription
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement_lists.models import SettlementList

from .foreign_clients import LostAnswerError, NumbersClient, TextClient
from .goods import new_batch, new_code, purchase, sale
from .hospital import post
from .lists import list_of
from .mobile_payer import connect_test_channel, credential_of
from .prescribing import (
    HOSPITAL,
    PHARMACY,
    PHYSICIAN,
    handed,
    opened,
    prescription,
    review,
    shown,
    signed,
    staff_the_houses,
)
from .small_town import new_person
from .test_list_downloads import publish

pytestmark = pytest.mark.usefixtures("standing_town")

NOW = datetime.now(timezone(timedelta(hours=8)))
TODAY, MOMENT = f"{NOW:%Y-%m-%d}", f"{NOW:%Y-%m-%d} 00:30:00"
ADMITTED = f"{NOW - timedelta(days=5):%Y-%m-%d} 10:00:00"


def line(path, body, headers, content_type):
    """The network as it should be."""
    status, content = post(path, body, headers=headers, content_type=content_type)
    assert status == "200 OK"
    return content


class Flaky:
    """A network that loses every third answer, after the platform has done its work."""

    def __init__(self):
        self.sent = 0

    def __call__(self, path, body, headers, content_type):
        content = line(path, body, headers, content_type)
        self.sent += 1
        if self.sent % 3 == 0:
            raise LostAnswerError
        return content


CODE = "H11010100002"


@pytest.fixture(params=["numbers", "text"])
def client(request):
    """Either client, at its own access point."""
    if request.param == "numbers":
        return NumbersClient(line, CODE, f"key-{CODE}", f"secret-{CODE}")
    return TextClient(Flaky(), CODE, f"key-{CODE}", f"secret-{CODE}")


def registration(person):
    return {
        "data": {
            "psn_no": person.number, "insutype": "310", "begntime": MOMENT, "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.document_number, "ipt_otp_no": f"FC{person.number}", "atddr_no": "D110101000001",
            "dr_name": "医师", "dept_code": "A01", "dept_name": "内科", "caty": "A03",
        }
    }  # fmt: skip


def diagnoses(person, visit):
    row = {
        "diag_type": "1", "diag_srt_no": 1, "diag_code": "J18.900", "diag_name": "肺炎", "diag_dept": "内科",
        "dise_dor_no": "D110101000001", "dise_dor_name": "医师", "diag_time": MOMENT, "vali_flag": "1",
    }  # fmt: skip
    return {
        "mdtrtinfo": {
            "mdtrt_id": visit, "psn_no": person.number, "med_type": "11", "begntime": MOMENT, "main_cond_dscr": None,
        },
        "diseinfo": [row],
    }  # fmt: skip


def detail(person, visit, number, item, *, count, price):
    return {
        "feedetl_sn": number, "mdtrt_id": visit, "psn_no": person.number, "chrg_bchno": "C1", "dise_codg": "",
        "rxno": "", "rx_circ_flag": "0", "fee_ocur_time": MOMENT, "med_list_codg": item, "medins_list_codg": item,
        "det_item_fee_sumamt": count * price, "cnt": count, "pric": price, "bilg_dept_codg": "A01",
        "bilg_dept_name": "内科", "bilg_dr_codg": "D110101000001", "bilg_dr_name": "医师", "hosp_appr_flag": "1",
    }  # fmt: skip


def bill(person, visit, total):
    return {
        "data": {
            "psn_no": person.number, "mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "med_type": "11",
            "medfee_sumamt": total, "psn_setlway": "01", "mdtrt_id": visit, "chrg_bchno": "C1", "insutype": "310",
            "acct_used_flag": "1", "invono": "",
        }
    }  # fmt: skip


def zipped(text):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("detail.txt", text)
    return packed.getvalue()


def test_the_whole_chain(client):
    person, home = new_person(balance_fen=50_000), "110101"
    signed = client.call("9001", {"signIn": {"opter_no": "07", "mac": "00-00", "ip": "10.0.0.7"}})
    client.sign_no = signed["signinoutb"]["sign_no"]
    shown = {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number, "card_sn": "", "begntime": "",
        "psn_cert_type": "01", "certno": person.document_number, "psn_name": person.name,
    }  # fmt: skip
    assert client.call("1101", {"data": shown})["baseinfo"]["psn_no"] == person.number

    visit = client.call("2201", registration(person), home)["data"]["mdtrt_id"]
    client.call("2203A", diagnoses(person, visit), home)
    rows = [
        detail(person, visit, "1", "XA01", count=2, price=1000),
        detail(person, visit, "2", "XB02", count=1, price=500),
    ]
    split = client.call("2204", {"feedetail": rows}, home)["result"]
    assert sum(float(row["inscp_scp_amt"]) for row in split) == 2450.00
    tried = client.call("2206A", bill(person, visit, 2500), home)["setlinfo"]
    paid = client.call("2207A", bill(person, visit, 2500), home)["setlinfo"]
    assert float(tried["fund_pay_sumamt"]) == float(paid["fund_pay_sumamt"]) > 0
    assert float(paid["acct_pay"]) == 500.00
    back = client.call(
        "2208", {"data": {"psn_no": person.number, "mdtrt_id": visit, "setl_id": paid["setl_id"]}}, home
    )["setlinfo"]
    assert float(back["medfee_sumamt"]) == -2500.00
    again = client.call("2207A", bill(person, visit, 2500), home)["setlinfo"]

    asked = {"data": {"psn_no": person.number, "setl_id": again["setl_id"], "mdtrt_id": visit}}
    assert float(client.call("5203", asked, home)["setlinfo"]["medfee_sumamt"]) == 2500.00
    assert len(client.call("5204", asked, home)) == 2
    assert client.call("5206", {"data": {"psn_no": person.number, "cum_ym": ""}}, home)["cuminfo"]

    totals = {
        "insutype": "310", "clr_type": "11", "setl_optins": "110000", "stmt_begndate": TODAY, "stmt_enddate": TODAY,
        "medfee_sumamt": 2500, "fund_pay_sumamt": again["fund_pay_sumamt"], "acct_pay": again["acct_pay"],
        "fixmedins_setl_cnt": 3,
    }  # fmt: skip
    assert client.call("3201", {"data": totals})["stmtinfo"]["stmt_rslt"] == "0"
    listed = "\t".join(
        [again["setl_id"], visit, person.number, "2500.00", str(again["fund_pay_sumamt"]), str(again["acct_pay"]), "0"]
    )
    content = list(zipped(listed + "\n"))
    sent = {"in": content, "filename": "a.zip", "fixmedins_code": CODE}
    if isinstance(client, TextClient):
        import base64

        sent["in"] = base64.b64encode(bytes(content)).decode()
    number = client.call("9101", {"fsUploadIn": sent})["file_qury_no"]
    cash = float(again["psn_cash_pay"])
    rows = {
        "setl_optins": "110000", "file_qury_no": number, "stmt_begndate": TODAY, "stmt_enddate": TODAY,
        "medfee_sumamt": 2500, "fund_pay_sumamt": again["fund_pay_sumamt"], "cash_payamt": cash, "fixmedins_setl_cnt": 1,
    }  # fmt: skip
    told = client.call("3202", {"data": rows})["fileinfo"]
    found = client.call(
        "9102",
        {"fsDownloadIn": {"file_qury_no": told["file_qury_no"], "filename": told["filename"], "fixmedins_code": CODE}},
    )
    assert zipfile.ZipFile(io.BytesIO(found)).namelist() == ["result.txt"]

    batch, pack = new_batch(), new_code()
    client.call("3503", {"purcinfo": purchase(batch, "10", pack)})
    client.call("3505", {"selinfo": sale(batch, "1", pack)})
    shelves = client.call("3508", {"data": {"fixmedins_bchno": batch}})
    assert float((shelves[0] if isinstance(shelves, list) else shelves)["invCnt"]) == 9
    client.call("9002", {"signOut": {"sign_no": signed["signinoutb"]["sign_no"], "opter_no": "07"}})

    assert Settlement.objects.filter(person=person).count() == 3
    assert PersonalAccount.objects.get(person=person).balance_fen == 0
    assert Message.objects.filter(infno="2207A", person=person).count() == 2
    if isinstance(client, TextClient):
        assert client.attempts > client.count


def admission(person):
    return {
        "mdtrtinfo": {
            "psn_no": person.number, "insutype": "310", "begntime": ADMITTED, "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.document_number, "med_type": "21", "ipt_no": f"FI{person.number}",
            "atddr_no": "D110101000001", "chfpdr_name": "医师", "adm_diag_dscr": "肺炎", "adm_dept_codg": "A01",
            "adm_dept_name": "内科", "adm_bed": "12", "dscg_maindiag_code": "J18.900", "dscg_maindiag_name": "肺炎",
            "main_cond_dscr": None,
        },
        "diseinfo": [stay_diagnosis(person)],
    }  # fmt: skip


def stay_diagnosis(person):
    return {
        "psn_no": person.number, "diag_type": "1", "maindiag_flag": "1", "diag_srt_no": 1, "diag_code": "J18.900",
        "diag_name": "肺炎", "adm_cond": "1", "diag_dept": "A01", "dise_dor_no": "D110101000001",
        "dise_dor_name": "医师", "diag_time": ADMITTED, "vali_flag": "1",
    }  # fmt: skip


def uploads(person, visit):
    """A report (4501), a laboratory sheet (4502) and an order (4402) as these clients send them."""
    known = {"mdtrt_sn": f"SN{visit}", "mdtrt_id": visit, "psn_no": person.number, "vali_flag": "1"}
    report = {
        **known, "appy_no": "A1", "rpotc_no": "R1", "rpt_date": TODAY, "exam_item_code": "CT01",
        "exam_item_name": "胸部CT", "exam_ccls": "未见异常", "exam_rslt_abn": "0", "bilg_dr_name": "医师",
    }  # fmt: skip
    sheet = {**known, "rpotc_no": "L1", "rpt_date": TODAY, "exam_item_code": "XCG", "exam_item_name": "血常规"}
    value = {"rpotc_no": "L1", "exam_mtd": "电阻抗法", "ref_val": "4-10", "exam_unt": "10^9/L", "exam_rslt_val": 6}
    order = {
        **known, "drord_isu_no": TODAY, "drord_detl_code": "XA01", "drord_detl_name": "阿莫西林",
        "medcas_drord_detl_id": "Y1",
    }  # fmt: skip
    return [
        ("4501", {"examinfo": report, "iteminfo": [{"rpotc_no": "R1", "exam_item_code": "CT01", "exam_charge": 200}]}),
        ("4502", {"labinfo": {**sheet, "rpot_doc": "检验师"}, "iteminfo": [value]}),
        ("4402", {"data": [order]}),
    ]


def test_a_stay_with_its_uploads_its_list_and_an_uncertain_settlement(client):
    person, home = new_person(), "110101"
    visit = client.call("2401", admission(person), home)["result"]["mdtrt_id"]
    row = {**detail(person, visit, "W1", "XA01", count=2, price=9000), "med_type": "21", "fee_ocur_time": ADMITTED}
    client.call("2301", {"feedetail": [row]}, home)
    for infno, node in uploads(person, visit):
        client.call(infno, node, home)
    leaving = {
        "mdtrt_id": visit, "psn_no": person.number, "insutype": "310", "endtime": MOMENT, "dscg_dept_codg": "A01",
        "dscg_dept_name": "内科", "dscg_bed": "12", "dscg_way": "1",
    }  # fmt: skip
    client.call("2402", {"dscginfo": leaving, "diseinfo": [stay_diagnosis(person)]}, home)
    wanted = {**bill(person, visit, 18_000)["data"], "mid_setl_flag": "0"}
    tried = client.call("2303A", {"data": wanted}, home)["setlinfo"]

    client.call("2304A", {"data": wanted}, home)
    uncertain = {"psn_no": person.number, "omsgid": client.latest, "oinfno": "2304A"}
    assert client.call("2601", {"data": uncertain}, home) is None
    paid = client.call("2304A", {"data": wanted}, home)
    assert float(paid["setlinfo"]["fund_pay_sumamt"]) == float(tried["fund_pay_sumamt"]) > 0

    funds = {
        each["fund_pay_type"]: each["fund_payamt"]
        for each in paid["setldetail"]
        if float(each["fund_payamt"]) and each["fund_pay_type"] not in ("310200", "999996")
    }
    listed = client.call("4101", list_of(person, visit, paid["setlinfo"], funds, fixmedins_code=client.code), home)
    state = {"psn_no": person.number, "setl_id": paid["setlinfo"]["setl_id"], "stas_type": "1"}
    client.call("4102", {"data": {"stastinfo": [state]}}, home)

    assert SettlementList.objects.get(pk=listed["setl_list_id"]).state == "1"
    kinds = ClinicalRecord.objects.filter(visit_id=visit).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["4501", "4502", "4402"]
    made = Settlement.objects.filter(person=person).order_by("pk").values_list("kind", "total_fen")
    assert list(made) == [("settlement", 1_800_000), ("reversal", -1_800_000), ("settlement", 1_800_000)]
    if isinstance(client, TextClient):
        assert client.attempts > client.count


def test_a_list_is_downloaded_version_by_version(client):
    publish("1301", {"FX01": "甲药", "FX02": "乙药"})
    told = client.call("1301", {"data": {"ver": "v0000"}})
    asked = {"file_qury_no": told["file_qury_no"], "filename": told["filename"], "fixmedins_code": "plc"}
    found = client.call("9102", {"fsDownloadIn": asked})
    with zipfile.ZipFile(io.BytesIO(found)) as archive:
        (name,) = archive.namelist()
        rows = archive.read(name).decode().splitlines()
    assert [row.split("\t")[0] for row in rows] == ["FX01", "FX02"]
    latest = rows[0].split("\t")
    version = next(cell for cell in latest if cell.startswith("v0001_"))
    assert int(client.call("1301", {"data": {"ver": version}})["data_cnt"]) == 0


def test_what_is_refused_is_said_in_chinese(client):
    person = new_person()
    with pytest.raises(RuntimeError, match=r"[一-鿿]"):
        client.call("2207A", bill(person, "999999", 10), "110101")


def upload(client, person, number, total):
    """6201 in the way of these clients; numbers stay numbers."""
    line = {
        "feedetlSn": number, "psnNo": person.number, "chrgBchno": number, "feeOcurTime": MOMENT, "medListCodg": "XA01",
        "medinsListCodg": "XA01", "detItemFeeSumamt": total, "cnt": 1, "pric": total, "bilgDeptCodg": "A01",
        "bilgDeptName": "内科", "bilgDrCodg": "D110101000001", "bilgDrName": "医师", "hospApprFlag": "1", "rxno": "",
    }  # fmt: skip
    diagnosis = {
        "diagType": "1", "diagSrtNo": 1, "diagCode": "J18.900", "diagName": "肺炎", "diagDept": "内科",
        "diseDorNo": "D110101000001", "diseDorName": "医师", "diagTime": MOMENT, "valiFlag": "1",
    }  # fmt: skip
    return {
        "data": {
            "orgCodg": client.code, "orgId": "", "psnNo": person.number, "insutype": "310", "medOrgOrd": number,
            "initRxOrd": "", "rxCircFlag": "0", "begntime": MOMENT, "idNo": person.document_number,
            "userName": person.name, "idType": "01", "ecToken": "", "payAuthNo": "", "mdtrtCertType": "02",
            "insuCode": "110101", "iptOtpNo": f"N{number}", "atddrNo": "D110101000001", "drName": "医师",
            "deptCode": "A01", "deptName": "内科", "caty": "A03", "mdtrtId": "", "medType": "11", "feeType": "01",
            "medfeeSumamt": total, "acctUsedFlag": "1", "psnSetlway": "01", "chrgBchno": number, "invono": "",
            "fulamtOwnpayAmt": 0, "pubHospRfomFlag": "0", "extData": {"deliveryFee": 6.5},
            "feedetailList": [line], "diseinfoList": [diagnosis],
        }
    }  # fmt: skip


def test_paying_from_afar(client):
    connect_test_channel()
    person, home = new_person(balance_fen=50_000), "110101"
    shown = {
        "qrCode": credential_of(person), "orgId": client.code, "businessType": "01101", "operatorId": "07",
        "operatorName": "收费员", "officeId": "A01", "officeName": "内科",
    }  # fmt: skip
    who = client.call("6101", {"data": shown})["data"]
    assert (who["userName"], who["idNo"]) == (person.name, person.document_number)
    number = f"F{person.number}"
    placed = client.call("6201", upload(client, person, number, 3000), home)["data"]
    visit = json.loads(placed["extData"])["mdtrtId"]
    order = {"payOrdId": placed["payOrdId"], "payToken": placed["payToken"], "orgCodg": client.code}
    wanted = {
        **order, "payAuthNo": who["ecToken"], "orgBizSer": f"B{number}", "chrgBchno": number, "feeType": "01",
        "mdtrtId": visit, "acctUsedFlag": "1", "uldLatlnt": "116.40,39.90",
    }  # fmt: skip
    paid = client.call("6202", {"data": wanted}, home)["data"]
    assert paid["ordStas"] == "6"
    fen = {name: round(float(paid[name]) * 100) for name in ("feeSumamt", "ownPayAmt", "psnAcctPay", "fundPay")}
    assert fen["feeSumamt"] == 300_650 == fen["ownPayAmt"] + fen["psnAcctPay"] + fen["fundPay"]
    assert (fen["psnAcctPay"], fen["fundPay"] > 0) == (50_000, True)

    identity = {"idNo": person.document_number, "userName": person.name, "idType": "01"}
    assert client.call("6301", {"data": {**order, **identity}}, home)["data"]["setlType"] == "ALL"
    with pytest.raises(RuntimeError, match=r"[一-鿿]"):
        client.call("6401", {"data": {**order, **identity}}, home)
    back = {
        "payOrdId": placed["payOrdId"], "appRefdSn": f"R{number}", "appRefdTime": f"{NOW:%Y%m%d%H%M%S}",
        "totlRefdAmt": paid["feeSumamt"], "psnAcctRefdAmt": paid["psnAcctPay"], "fundRefdAmt": paid["fundPay"],
        "cashRefdAmt": paid["ownPayAmt"], "refdType": "ALL",
    }  # fmt: skip
    assert client.call("6203", {"data": back}, home)["data"]["refStatus"] == "SUCC"
    unpaid = client.call("6201", upload(client, person, f"{number}U", 100), home)["data"]
    revoked = {**order, **identity, "payOrdId": unpaid["payOrdId"], "payToken": unpaid["payToken"]}
    assert client.call("6401", {"data": revoked}, home)["data"]["success"] is True

    assert [row.total_fen for row in Settlement.objects.filter(person=person).order_by("pk")] == [300_000, -300_000]
    assert PersonalAccount.objects.get(person=person).balance_fen == 50_000
    entries = ChannelEntry.objects.filter(number__startswith=placed["payOrdId"]).order_by("pk")
    assert [(entry.kind, entry.amount_fen) for entry in entries] == [
        ("payment", fen["ownPayAmt"]), ("refund", fen["ownPayAmt"]),
    ]  # fmt: skip
    assert set(Order.objects.filter(person=person).values_list("state", flat=True)) == {"refunded", "revoked"}
    if isinstance(client, TextClient):
        assert client.attempts > client.count


def test_a_prescription_from_the_signature_to_the_counter(client):
    staff_the_houses()
    person, home, kind = new_person(), "110101", type(client)
    network = client.line
    hospital = kind(network, HOSPITAL, f"key-{HOSPITAL}", f"secret-{HOSPITAL}")
    pharmacy = kind(network, PHARMACY, f"key-{PHARMACY}", f"secret-{PHARMACY}")
    visit = hospital.call("2201", registration(person), home)["data"]["mdtrt_id"]
    node = signed(prescription(person, visit))
    number = hospital.call("7101", node, home)["hi_rxno"]
    rx = Prescription.objects.get(number=number)

    token = pharmacy.call("7201", shown(rx, pharmacy), home)["epc_token"]
    content = pharmacy.call("7203", opened(token), home)
    rows = content["rxdrugdetail"]
    assert [(row["med_list_codg"], float(row["drug_cnt"])) for row in rows] == [("XA01", 2)]
    with pytest.raises(RuntimeError, match=r"[一-鿿]"):
        pharmacy.call("7206", handed(rx, token), home)
    pharmacy.call("7204", review(rx), home)
    pharmacy.call("7206", handed(rx, token), home)
    asked = {
        "hiRxno": number, "fixmedinsCode": HOSPITAL, "mdtrtId": visit, "psnName": person.name, "psnCertType": "01",
        "certno": person.document_number,
    }  # fmt: skip
    assert hospital.call("7106", {"data": asked}, home)["rxChkStasName"] == "审核通过"
    taken = hospital.call("7107", {"data": asked}, home)
    assert (taken["rxUsedStasName"], len(taken["seltdelts"])) == ("已使用", 2)

    other = signed(prescription(person, visit))
    second = hospital.call("7101", other, home)["hi_rxno"]
    undo = {
        "hi_rxno": second, "prsc_dr_name": PHYSICIAN, "undo_dr_certno": "X", "undo_rea": "开错", "undo_time": MOMENT,
    }  # fmt: skip
    hospital.call("7104", {"data": undo}, home)
    assert [Prescription.objects.get(number=each).state for each in (number, second)] == ["dispensed", "withdrawn"]
    assert Dispensing.objects.filter(prescription=rx).count() == 1
    if kind is TextClient:
        assert hospital.attempts + pharmacy.attempts > hospital.count + pharmacy.count
