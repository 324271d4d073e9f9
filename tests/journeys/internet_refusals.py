"""What is tried at each station of the way before the right step, is refused with article or reason, and changes nothing."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from yibao.core import working_days
from yibao.domains.prescriptions.models import Prescription
from yibao.interfaces.portal import my_payment
from yibao.policies.agreements import Window
from yibao.workflows import apply_for_agreement as applying

from . import internet_hospital as online
from .chromium import follow
from .goods import new_batch, new_code, purchase, sale
from .hospital import Hospital
from .internet_town import CLERK, DRUG, OFFICER, OTHER_DRUG, OTHER_SHOP, PHARMACIST, SHOP, SHOP_CLERK, paid_in_person
from .internet_walk import CONDITIONS, MATERIALS
from .mobile_payer import strike
from .personal_access import code_of
from .prescribing import OTHER_PHARMACY, OTHER_SHOP_PHARMACIST, review, shown
from .records import nothing_changes

LOOKS = ("staff_personalrecordread", "personal_access_recordlook")
"""That somebody looked is written, whatever came of it."""


@contextmanager
def unchanged(*but):
    """Nothing changes but the notes of who looked."""
    with nothing_changes(but=(*LOOKS, *but)):
        yield


def says(page, *words):
    """The page says why."""
    told = page.inner_text("main")
    for each in words:
        assert each in told, (each, told)


def is_missing(page):
    """The page that is at this address does not exist for who asks."""
    assert page.goto(page.url).status == 404


# The application


def outside_the_window(walk, monkeypatch):
    """Applications are taken tomorrow only."""
    tomorrow = f"{timezone.localdate() + timedelta(days=1):%m-%d}"
    window = Window(
        first=tomorrow, last=tomorrow, clause="w", source=None, article=None, trust="our_default", note="test"
    )
    law = applying.agreement_procedure("110000", "internet", timezone.localdate())
    told = replace(law, procedure=msgspec.structs.replace(law.procedure, windows=[window]))
    with monkeypatch.context() as patch:
        patch.setattr(applying, "agreement_procedure", lambda *_asked: told)
        with unchanged():
            says(walk.submit(), "不在申请受理期内", tomorrow)


def without_a_calendar(walk, monkeypatch):
    """The year's holidays are not known: no deadline is computed, and the page says so."""

    def unknown(day):
        raise working_days.CalendarUnknownError(year=day.year)

    with monkeypatch.context() as patch:
        patch.setattr(working_days, "is_working_day", unknown)
        with unchanged():
            page = walk.case_page(CLERK)
            says(page, "放假安排尚未公布，期限不予计算")


def shortcomings(walk):
    """A verdict is wanting; one notice of everything; nothing supplemented; no second notice."""
    with unchanged():
        says(walk.review(met=CONDITIONS[:2]), "须对条件")
    walk.review(met=CONDITIONS[:2], notes={"real_name": "未对接电子凭证"})
    says(walk.case_page(CLERK), "一次性告知", "未对接电子凭证", "信息系统说明")
    with unchanged():
        says(walk.supplement(), "材料尚未补齐")
    walk.bring(*MATERIALS[2:])
    walk.supplement()
    with unchanged():
        says(walk.review(met=CONDITIONS[:2], notes={"real_name": "仍未对接"}), "不能再次告知")
    walk.review()


def not_tested(walk):
    """No report, no conclusion; a run that lacks everything fails, is told once, and leads to no signature."""
    walk.ask_for_test()
    with unchanged():
        says(walk.conclude(), "尚未为机构")
    says(walk.issue_report(), "未通过")
    page = walk.conclude()
    assert "验收不合格" in page.inner_text("h1")
    says(page, "一次性告知", "2207", "6202")
    assert not page.is_visible("form[action$='/offer']")


def not_signed(walk):
    """Passed and not signed: nothing is settled online; no key, no signature; who reviewed does not sign."""
    with unchanged():
        words = walk.cast.hospital.refuse("2203", walk.diagnosis())
    assert "补充协议当日未生效(第十二条、第十五条)" in words
    walk.offer()
    with unchanged():
        says(walk.sign(CLERK), "尚无签约密钥")
    walk.make_key()
    walk.sign(CLERK)
    with unchanged():
        says(walk.sign(OFFICER), "须由他人代表经办机构签署")


# The visit


def bad_vouchers(walk):
    """Forged, expired, replayed elsewhere, another person's; gives a code that is still good."""
    hospital, patient = walk.cast.hospital, walk.cast.patient
    code = walk.show_voucher()
    forged = code[:-1] + ("A" if code[-1] != "A" else "B")
    old = code_of(patient, now=timezone.now() - timedelta(seconds=61))
    with unchanged():
        assert "不是本平台签发或已被篡改" in hospital.refuse("2201", walk.registration(forged))
        assert "已过期" in hospital.refuse("2201", walk.registration(old))
    shown_elsewhere = walk.show_voucher()
    asked = {"data": {"mdtrt_cert_type": "01", "mdtrt_cert_no": shown_elsewhere}}
    Hospital(code="H11010100003").expect("1101", asked)
    with unchanged():
        assert "一码一用" in hospital.refuse("2201", walk.registration(shown_elsewhere))
    return code


def against_the_articles(walk):
    """Another department, another physician, a disease off the list, one that was never seen in person."""
    hospital = walk.cast.hospital
    elsewhere = hospital.expect(
        "2201", walk.registration(walk.show_voucher(), dept_code="A02", atddr_no="D110101000009")
    )
    visit = elsewhere["data"]["mdtrt_id"]
    with unchanged():
        words = hospital.refuse("2203", walk.diagnosis(visit=visit))
        assert "科室A02超出互联网诊疗科目(第九条)" in words
        assert "医师D110101000009无执业资质(第十六条)" in words
        assert "J00.x00不在支付病种内(第十条)" in hospital.refuse("2203", walk.diagnosis(code="J00.x00"))
        assert "E11.900无实体机构就诊记录(第十八条(三))" in hospital.refuse("2203", walk.diagnosis(code="E11.900"))


def prices_and_drugs(walk):
    """Above the guided price; a drug that is not prescribed online."""
    hospital = walk.cast.hospital
    with unchanged():
        assert "超过政府指导价(第七条)" in hospital.refuse("6201", walk.fee_order(price="20.01"))
        assert "不得线上开具(第十八条(一))" in hospital.refuse("6201", walk.fee_order(item=online.BARRED))


# The prescription


def bad_signatures(walk):
    """A prescription for somebody else; a wrong password; a pharmacist in the physician's place."""
    other = walk.written_prescription()
    other["mdtrtinfo"]["patn_name"] = "他人"
    with unchanged():
        assert "患者信息" in walk.cast.hospital.refuse("7101", other)
        says(walk.sign_rx(password="wrong"), "密码不正确")
        page = walk.rx_page(PHARMACIST)
        assert page.locator("form.decision").count() == 0


def changed_after_signature(walk):
    """Nothing is edited once it is signed: not by the hospital's system, not in the database."""
    again = walk.written_prescription(hosp_rxno=walk.rx.number_at_institution)
    again["rxdrugdetail"][0]["drug_cnt"] = "9"
    with unchanged():
        assert "已签名上传，不能修改" in walk.cast.hospital.refuse("7101", again)
        with pytest.raises(DatabaseError), transaction.atomic():
            Prescription.objects.filter(pk=walk.rx.pk).update(text="{}")
        says(walk.review_rx(decision="refuse"), "不通过须说明理由")
        says(walk.review_rx(password="wrong"), "密码不正确")


def bad_places(walk):
    """A hospital that did not write it is no place to have it dispensed."""
    page = walk.rx_of_mine()
    hidden = "input[name=institution]"
    page.evaluate(f"() => {{ document.querySelector('{hidden}').value = 'H11010100002' }}")
    with unchanged():
        follow(page, f"form:has({hidden}) button")
        says(page, "另选一家")


def other_pharmacies(walk):
    """Another pharmacy sees nothing, cannot claim what is held, and its pharmacist does not review."""
    with unchanged():
        is_missing(walk.rx_page(OTHER_SHOP))
    walk.claim()
    with unchanged():
        page = walk.staff(OTHER_SHOP, "prescriptions/work")
        page.fill("[name=code]", walk.rx.qr_code)
        follow(page, "form[action$='/scan'] button")
        says(page, "已被其他机构锁定")
        says(walk.review_rx(SHOP, password="wrong"), "密码不正确")
        words = walk.cast.pharmacy.refuse("7204", review(walk.rx, OTHER_SHOP_PHARMACIST))
        assert "不是本机构备案的医师或药师" in words
        assert not walk.rx_page(SHOP_CLERK).is_visible("form[action$='/hand-over']")


# The payment


def bad_payments(walk, monkeypatch):
    """Too old a page, amounts that changed meanwhile, a channel that declines: nothing is taken."""
    page = walk.look_at_order()
    with monkeypatch.context() as patch, unchanged():
        patch.setattr(my_payment, "OFFER_SECONDS", -1)
        follow(page, "form[action$='/pay'] button")
        says(page, "页面打开时间过长")
    paid_in_person(walk.cast.hospital, walk.cast.patient, "10.00", account="1")
    with unchanged():
        follow(page, "form[action$='/pay'] button")
        says(page, "金额刚刚有变化")
    strike("decline")
    balances = walk.balances()
    follow(page, "form[action$='/pay'] button")
    page.wait_for_url(f"{walk.site}/portal/my/orders/{walk.order.number}")
    says(page, "支付失败", "未扣款")
    assert walk.balances() == balances


def paid_twice(walk):
    """A double click, and a second window that was open before: it is paid once."""
    first, second = walk.look_at_order(), walk.window()
    second.goto(first.url)
    first.dblclick("form[action$='/pay'] button")
    first.wait_for_url(f"{walk.site}/portal/my/orders/{walk.order.number}")
    says(first, "已全部支付")
    with unchanged():
        follow(second, "form[action$='/pay'] button")
        says(second, "没有再次扣款")


# Dispensing and delivery


def bad_packs(walk):
    """Another drug's code, a pack sold before, the same pack twice, more than prescribed, nothing scanned."""
    foreign, gone, batch = new_code(), new_code(), new_batch()
    pharmacy = walk.cast.pharmacy
    pharmacy.expect("3503", {"purcinfo": purchase(batch, "1", foreign, med_list_codg=OTHER_DRUG)})
    Hospital(code=OTHER_PHARMACY).expect("3505", {"selinfo": sale(new_batch(), "1", gone, med_list_codg=DRUG)})
    good, spare = walk.packs
    for packs, words in (
        (f"{foreign}\n{good}", "属于其他药品"),
        (f"{gone}\n{good}", "已于"),
        (f"{good}\n{good}", "重复"),
        (f"{good}\n{spare}\n{new_code()}", "超过处方"),
        (DRUG, "应逐盒扫描追溯码"),
        (f"{OTHER_DRUG} {good}", "不在处方内"),
    ):
        with unchanged():
            says(walk.hand_over(packs), words)


def dispensed_twice(walk):
    """What was dispensed is dispensed nowhere again."""
    with unchanged():
        assert not walk.rx_page(SHOP_CLERK).is_visible("form[action$='/hand-over']")
        other = Hospital(code=OTHER_PHARMACY)
        assert "处方当前状态" in other.refuse("7201", shown(walk.rx, other))
        page = walk.staff(OTHER_SHOP, "prescriptions/work")
        page.fill("[name=code]", walk.rx.qr_code)
        follow(page, "form[action$='/scan'] button")
        says(page, "处方当前状态")
        is_missing(walk.rx_page(OTHER_SHOP))


def received_twice(walk):
    """Said once more from a window that was open before, the receipt is not written again."""
    page, second = walk.rx_of_mine(), walk.window()
    second.goto(page.url)
    walk.receive()
    with unchanged():
        follow(second, "form[action$='/receive'] button")
        says(second, "可能已经签收过了")
