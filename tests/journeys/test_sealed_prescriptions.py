"""A hospital's program for the prescription centre: pre-check, seal, upload, queries, withdrawal, in the sealed envelope."""

import base64
import json
from functools import partial

import pytest

from yibao.client import Client, ForgedAnswerError, RefusedError, Sealed
from yibao.client import Institution as ClientHouse
from yibao.core import sm2, sm4
from yibao.domains.institutions.models import Institution
from yibao.domains.messages.keys import KeyRow, Material, add_key
from yibao.domains.messages.models import AccessPoint
from yibao.domains.prescriptions.models import Prescription, Signature
from yibao.domains.reference.models import Setting
from yibao.domains.sandbox.client_keys import as_client, paired
from yibao.interfaces.console.replay import replay

from .hospital import BEIJING, Hospital, datetime, post
from .prescribing import (
    HOSPITAL,
    PHARMACIST,
    PHARMACY,
    PHYSICIAN,
    claimed,
    handed,
    now_text,
    signature,
    staff_the_houses,
)
from .records import nothing_changes
from .sandbox_town import open_sandbox, written
from .sealed_client import SealedClient
from .small_town import REGION, new_person

APP, SECRET = "T98HPCGN5ZVVQBS8", "NMVFVILMKT13GEMD3BKPKCTBOQBPZR2P"
DOCUMENT = base64.b64encode(b"%PDF-1.7 the prescription").decode()


@pytest.fixture(params=[True, False], ids=["ciphered", "plain"])
def centre(request, standing_town):
    """The hospital's program at the centre's access point."""
    staff_the_houses()
    theirs, ours = sm2.new_private_key(), sm2.new_private_key()
    point = AccessPoint.objects.create(name="处方中心", path_prefix="/epc/api", region_id=REGION, scheme="envelope")
    material = Material(SECRET, public_key=sm2.public_key_of(theirs), private_key=ours)
    add_key(KeyRow(point.pk, Institution.objects.get(code=HOSPITAL).pk, APP, material))
    return SealedClient("/epc/api", APP, SECRET, theirs, sm2.public_key_of(ours), ciphers=request.param)


def checking(person, visit, number="C1", **changes):
    """The business object of uploadChk."""
    data = {
        "mdtrtCertType": "02", "mdtrtCertNo": person.document_number, "bizTypeCode": "01", "rxExraAttrCode": "01",
        "authNo": "1", "insuPlcNo": "110101", "mdtrtareaNo": "110101", "hospRxno": number, "rxTypeCode": "1",
        "prscTime": now_text(minutes=-5), "rxDrugCnt": 1, "rxUsedWayCodg": "1", "rxFrquCodg": "11", "valiDays": 3,
        "valiEndTime": now_text(days=2), "reptFlag": "0", "rxCotnFlag": "0", "longRxFlag": "0",
    }  # fmt: skip
    row = {
        "medListCodg": "XA01", "hospPrepFlag": "0", "rxItemTypeCode": "11", "tcmdrugTypeCode": "1", "mednTypeCode": "1",
        "mainMedcFlag": "1", "urgtFlag": "0", "basMednFlag": "0", "impDrugFlag": "0", "otcFlag": "0",
        "drugGenname": "阿莫西林胶囊", "drugDosform": "胶囊", "drugSpec": "0.25g*24", "medcWayCodg": "1",
        "medcWayDscr": "口服", "medcBegntime": now_text(), "medcEndtime": now_text(days=3), "medcDays": 3,
        "sinDosunt": "g", "sinDoscnt": 0.5, "usedFrquCodg": "11", "usedFrquName": "每日三次", "drugDosunt": "盒",
        "drugCnt": 2, "hospApprFlag": "0", "selfPayRea": "0",
    }  # fmt: skip
    seen = {
        "fixmedinsCode": HOSPITAL, "mdtrtId": visit, "medType": "11", "iptOtpNo": "OP1", "psnNo": person.number,
        "patnName": person.name, "psnCertType": "01", "certno": person.document_number, "prscDeptName": "内科",
        "prscDeptCode": "A01", "drCode": "D110101000001", "prscDrName": PHYSICIAN, "maindiagCode": "J18.900",
        "maindiagName": "肺炎", "mdtrtTime": now_text(minutes=-9),
    }  # fmt: skip
    disease = {"diagType": "1", "maindiagFlag": "1", "diagSrtNo": 1, "diagCode": "J18.900", "diagName": "肺炎"}
    return {**data, "rxdrugdetail": [row], "mdtrtinfo": seen, "diseinfo": [disease], **changes}


def text(sent):
    """What the physician and the pharmacist sign."""
    row, seen = sent["rxdrugdetail"][0], sent["mdtrtinfo"]
    told = {
        "fixmedins_code": HOSPITAL, "hosp_rxno": sent["hospRxno"], "prsc_dr_name": seen["prscDrName"],
        "patn_name": seen["patnName"], "certno": seen["certno"], "diag_code": seen["maindiagCode"],
        "prsc_time": sent["prscTime"], "valid_end_time": sent["valiEndTime"],
        "drugs": [{
            "med_list_codg": row["medListCodg"], "drug_genname": row["drugGenname"], "drug_spec": row["drugSpec"],
            "drug_cnt": "2", "drug_cnt_unit": "盒", "medc_way_codg": "1", "sin_doscnt": "0.5", "sin_dosunt": "g",
            "used_frqu_codg": "11", "medc_days": "3",
        }],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def uploading(person, visit, numbers):
    """The members of rxFileUpld that are sealed before."""
    return {
        "rxTraceCode": numbers["rxTraceCode"], "hiRxno": numbers["hiRxno"], "mdtrtId": visit, "patnName": person.name,
        "psnCertType": "01", "certno": person.document_number, "fixmedinsName": "院", "fixmedinsCode": HOSPITAL,
        "drCode": "D110101000001", "prscDrName": PHYSICIAN, "pharDeptName": "药剂科", "pharDeptCode": "Y01",
        "pharProfttlCodg": "1", "pharCode": "Y110101000001", "pharCertType": "01", "pharName": PHARMACIST,
        "pharChkTime": now_text(),
    }  # fmt: skip


def uploaded(centre, person, *, number="C1"):
    """The whole way to circulation; gives what was checked, numbers, and what was uploaded."""
    visit = Hospital().register(person)
    sent = checking(person, visit, number)
    numbers = centre.call("/fixmedins/uploadChk", sent)
    members = uploading(person, visit, numbers)
    original = base64.b64encode(json.dumps(members, ensure_ascii=False).encode()).decode()
    seal = centre.call(
        "/fixmedins/rxFixmedinsSign", {"fixmedinsCode": HOSPITAL, "originalValue": original, "originalRxFile": DOCUMENT}
    )
    upload = {
        **members, "rxFile": seal["rxFile"], "signDigest": seal["signDigest"],
        "extras": {"dr_sign_info": signature(PHYSICIAN, text(sent)), "phar_sign_info": signature(PHARMACIST, text(sent))},
    }  # fmt: skip
    return sent, numbers, seal, upload


def asked(rx, person):
    return {
        "hiRxno": rx.number, "fixmedinsCode": HOSPITAL, "mdtrtId": str(rx.visit_id), "psnName": person.name,
        "psnCertType": "01", "certno": person.document_number,
    }  # fmt: skip


class TestChain:
    @pytest.mark.requirement("ERX-04")
    def test_from_the_check_to_what_was_handed_over(self, centre):
        person = new_person()
        sent, numbers, seal, upload = uploaded(centre, person)
        rx = Prescription.objects.get(number=numbers["hiRxno"])
        assert (rx.trace_code, rx.state, rx.text) == (numbers["rxTraceCode"], "checked", text(sent))
        kept = Signature.objects.get(prescription=rx, role="seal")
        assert base64.b64decode(seal["signDigest"]).hex() == kept.signature
        assert sm2.verify(kept.public_key, kept.signed_text.encode(), bytes.fromhex(kept.signature))
        assert (seal["rxFile"], bool(seal["signCertSn"])) == (DOCUMENT, True)

        assert centre.call("/fixmedins/rxFileUpld", upload) == {
            "hiRxno": rx.number, "rxStasCodg": "1", "rxStasName": "有效",
        }  # fmt: skip
        shown = centre.call("/fixmedins/hospRxDetlQuery", asked(rx, person))
        assert (shown["rxUsedStasName"], shown["rxOtpinfo"]["pharName"]) == ("未使用", PHARMACIST)
        assert [
            (row["medListCodg"], float(row["drugCnt"]), float(row["sinDoscnt"])) for row in shown["rxDetlList"]
        ] == [("XA01", 2, 0.5)]
        assert centre.call("/fixmedins/rxChkInfoQuery", asked(rx, person))["rxChkStasName"] == "审核通过"
        pharmacy = Hospital(code=PHARMACY)
        pharmacy.expect("7206", handed(rx, claimed(rx, pharmacy)))
        taken = centre.call("/fixmedins/rxSetlInfoQuery", asked(rx, person))
        assert (taken["rxUsedStasName"], len(taken["seltdelts"])) == ("已使用", 2)

    def test_withdrawn(self, centre):
        person = new_person()
        _, numbers, _, upload = uploaded(centre, person)
        centre.call("/fixmedins/rxFileUpld", upload)
        undo = {
            "hiRxno": numbers["hiRxno"], "fixmedinsCode": HOSPITAL, "drCode": "D110101000001", "undoDrName": PHYSICIAN,
            "undoDrCertType": "01", "undoDrCertno": "X", "undoRea": "开错", "undoTime": now_text(),
        }  # fmt: skip
        assert centre.call("/fixmedins/rxUndo", undo) == {}
        assert Prescription.objects.get(number=numbers["hiRxno"]).state == "withdrawn"

    def test_a_region_may_let_the_seal_stand_for_its_physicians(self, centre):
        Setting.objects.create(key="prescriptions.physician_signature", value="seal", reason="r", trust="our_default")
        _, numbers, _, upload = uploaded(centre, new_person())
        centre.call("/fixmedins/rxFileUpld", {**upload, "extras": None})
        signed = Signature.objects.get(prescription__number=numbers["hiRxno"], role="physician")
        assert sm2.verify(signed.public_key, signed.signed_text.encode(), bytes.fromhex(signed.signature))


def test_a_sandbox_shows_what_was_hidden_and_sends_it_again(standing_town, settings):
    staff_the_houses()
    point = AccessPoint.objects.create(name="处方中心", path_prefix="/epc/api", region_id=REGION, scheme="envelope")
    platform = paired(Material(SECRET, private_key=sm2.new_private_key()))
    add_key(KeyRow(point.pk, Institution.objects.get(code=HOSPITAL).pk, APP, platform))
    theirs = as_client(platform)
    with open_sandbox(settings) as application:
        send = partial(post, application=application)
        centre = SealedClient("/epc/api", APP, SECRET, theirs.private_key, theirs.public_key, send=send)
        person = new_person()
        centre.call("/fixmedins/uploadChk", checking(person, Hospital().register(person)))
        (seen,) = [row for row in written() if row.infno == "D001"]
        assert (seen.institution_code, seen.result, len(seen.msgid)) == (HOSPITAL, "accepted", 30)
        assert json.loads(bytes(seen.opened_input))["data"]["hospRxno"] == "C1"
        again = replay(seen, way="edited", edited=bytes(seen.opened_input).decode().replace('"C1"', '"C2"'), now=now())
        assert (again.result, again.institution_code) == ("accepted", HOSPITAL)
        assert replay(seen, way="as_is", edited="", now=now()).answer == seen.answer
    numbers = Prescription.objects.filter(person=person).values_list("number_at_institution", flat=True)
    assert sorted(numbers) == ["C1", "C2"]


def test_the_typed_client_speaks_it_too(standing_town, monkeypatch):
    staff_the_houses()
    point = AccessPoint.objects.create(name="处方中心", path_prefix="/epc/api", region_id=REGION, scheme="envelope")
    theirs, ours = sm2.new_private_key(), sm2.new_private_key()
    platform = Material(SECRET, public_key=sm2.public_key_of(theirs), private_key=ours)
    add_key(KeyRow(point.pk, Institution.objects.get(code=HOSPITAL).pk, APP, platform))
    monkeypatch.setattr(Client, "_once", lambda _self, body, _headers, path: post(path, body)[1])
    half = Sealed(
        APP, SECRET, lambda message, who: sm2.sign(theirs, message, user_id=who),
        lambda message, made, who: sm2.verify(sm2.public_key_of(ours), message, made, user_id=who), sm4.encrypt,
        sm4.decrypt,
    )  # fmt: skip
    centre = Client("http://localhost/epc/api", ClientHouse(HOSPITAL, "院", "110101"), sealed=half)
    person = new_person()
    sent = checking(person, Hospital().register(person))
    nodes = {name: sent.pop(name) for name in ("rxdrugdetail", "mdtrtinfo", "diseinfo")}
    numbers = centre.call_d001({"data": sent, **nodes})
    assert Prescription.objects.get(number=numbers["hiRxno"]).trace_code == numbers["rxTraceCode"]
    with pytest.raises(RefusedError, match="有效期"):
        centre.call_d001({"data": {**sent, "hospRxno": "C3", "valiDays": 99}, **nodes})
    monkeypatch.setattr(
        Client, "_once", lambda _self, body, _headers, path: post(path, body)[1].replace(b'"type"', b'"typ3"')
    )
    with pytest.raises(ForgedAnswerError):
        centre.call_d001({"data": {**sent, "hospRxno": "C4"}, **nodes})


def now():
    return datetime.now(BEIJING)


class TestRefusals:
    @pytest.mark.parametrize(
        "change",
        [
            {"signDigest": base64.b64encode(b"0" * 64).decode()},
            {"signDigest": "no base64!"},
            {"pharCode": "Y999999999999"},
            {"prscDrName": "别人"},
            {"rxTraceCode": "X" * 20},
            {"patnName": "别人"},
            {"extras": None},
            {"extras": {"dr_sign_info": "00" * 64}},
        ],
    )
    def test_an_upload_that_is_not_what_was_sealed_and_signed(self, centre, change):
        _, _, _, upload = uploaded(centre, new_person())
        with nothing_changes():
            assert centre.ask("/fixmedins/rxFileUpld", {**upload, **change})["success"] is False

    @pytest.mark.parametrize("original", ["", "%%%", base64.b64encode(b"[]").decode(), '{"hiRxno": "X"}'])
    def test_what_cannot_be_sealed(self, centre, original):
        with nothing_changes():
            sealed = {"fixmedinsCode": HOSPITAL, "originalValue": original}
            assert centre.ask("/fixmedins/rxFixmedinsSign", sealed)["success"] is False

    def test_uploaded_once(self, centre):
        _, _, _, upload = uploaded(centre, new_person())
        centre.call("/fixmedins/rxFileUpld", upload)
        with nothing_changes():
            assert centre.ask("/fixmedins/rxFileUpld", upload)["success"] is False

    def test_a_query_before_the_upload_and_of_another_patient(self, centre):
        person = new_person()
        _, numbers, _, upload = uploaded(centre, person)
        rx = Prescription.objects.get(number=numbers["hiRxno"])
        with nothing_changes():
            assert centre.ask("/fixmedins/hospRxDetlQuery", asked(rx, person))["success"] is False
        centre.call("/fixmedins/rxFileUpld", upload)
        with nothing_changes():
            other = {**asked(rx, person), "certno": "110101199001010000"}
            assert centre.ask("/fixmedins/hospRxDetlQuery", other)["success"] is False
