"""The way from a hospital's application to the medicine at the door, step by step: people in browser pages, systems by messages."""

import json
import os
from contextlib import contextmanager

from django.utils import timezone

from yibao.domains.agreements.models import AgreementCase
from yibao.domains.mobile_orders.models import Order
from yibao.domains.prescriptions.models import Prescription

from . import acceptance_run, prescribing
from . import internet_hospital as online
from .chromium import DESK, PHONE, follow, open_page, sign_in
from .families import balances
from .goods import new_code
from .internet_town import (
    CLERK,
    DRUG,
    HYPERTENSION,
    OFFICER,
    PHARMACIST,
    PHYSICIAN,
    SECOND_OFFICER,
    SHOP,
    SHOP_CLERK,
)
from .mobile_payer import MobilePayer
from .office_records import PASSWORD
from .personal_access import SECRET
from .prescribing import PHARMACY, now_text
from .sandbox_town import open_sandbox, vendor, written

MATERIALS = ("application_form", "internet_licence", "system_description")
CONDITIONS = ("internet_licence", "business_apart", "real_name")
SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


class Walk:
    """One walk: the pages of everybody who takes part, and where the way has come to."""

    def __init__(self, browser, site, cast, *, locale="zh-CN", settings=None):
        self.browser, self.site, self.cast, self.settings = browser, site, cast, settings
        self.locale = locale
        self.pages = {}
        self.case = self.visit = self.rx = self.order = None
        self.packs = [new_code(), new_code()]

    # Pages

    def staff(self, name, path=""):
        """The page of a member of staff, signed in once, at an address of the office."""
        if name not in self.pages:
            self.pages[name] = open_page(self.browser, locale=self.locale, viewport=DESK)
            sign_in(self.pages[name], {"sign-in": f"{self.site}/sign-in", "home": f"{self.site}/"}, name)
        page = self.pages[name]
        page.goto(f"{self.site}/{path}")
        return page

    def me(self, path=""):
        """The patient's phone in elder mode, signed in once, at an address below the personal pages."""
        if "me" not in self.pages:
            page = open_page(self.browser, locale=self.locale, viewport=PHONE, is_mobile=True, has_touch=True)
            page.goto(f"{self.site}/portal/sign-in")
            page.fill("[name=number]", self.cast.patient.document_number)
            page.fill("[name=password]", SECRET)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{self.site}/portal/my/")
            follow(page, "button[value=elder]")
            self.pages["me"] = page
        page = self.pages["me"]
        page.goto(f"{self.site}/portal/my/{path}")
        return page

    def window(self):
        """Another window of the patient's phone."""
        return self.pages["me"].context.new_page()

    def balances(self):
        """What the accounts of the patient and her daughter hold."""
        return balances(self.cast.patient, self.cast.daughter)

    def seen(self, page, name):
        """Nothing stands beside the screen; a picture is taken where a folder for it is named."""
        if folder := os.environ.get("YIBAO_TEST_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{self.locale}.png", full_page=True)
        assert not page.evaluate(SIDEWAYS), name

    # Agreement

    def case_page(self, name):
        return self.staff(name, f"agreements/{self.case}")

    def begin(self):
        """The clerk begins an application and brings the materials."""
        page = self.staff(CLERK, "agreements")
        page.select_option("#id_kind", "internet")
        follow(page, "#h-begin ~ form button")
        self.case = AgreementCase.objects.latest("pk").pk

    def bring(self, *keys):
        page = self.case_page(CLERK)
        for key in keys:
            file = {"name": f"{key}.pdf", "mimeType": "application/pdf", "buffer": key.encode()}
            page.set_input_files(f"#u-{key}", file)
            follow(page, f"form:has(#u-{key}) button")

    def submit(self):
        page = self.case_page(CLERK)
        follow(page, "form[action$='/submit'] button")
        return page

    def review(self, *, met=CONDITIONS, notes=None, by=OFFICER):
        """An officer ticks what is met and says of the rest what is wanting."""
        page = self.case_page(by)
        for key in met:
            page.check(f"#id_met_{key}")
        for key, note in (notes or {}).items():
            page.fill(f"#id_note_{key}", note)
        follow(page, "form[action$='/review'] button")
        return page

    def supplement(self):
        page = self.case_page(CLERK)
        follow(page, "form[action$='/supplement'] button")
        return page

    def ask_for_test(self):
        page = self.case_page(CLERK)
        follow(page, "form[action$='/ask-test'] button")
        return page

    @contextmanager
    def sandbox(self):
        """The sandbox over the town, in which the system is tried."""
        with open_sandbox(self.settings) as application:
            yield vendor(application)
        self.settings.SANDBOX = False

    def try_system(self, tried):
        """The hospital's system sends everything that the programme of the test run asks for."""
        acceptance_run.try_everything(tried, self.cast.tried, self.cast.guest)
        written()

    def issue_report(self):
        """An officer judges the run by what the gateway saw, and issues the report."""
        page = self.staff(OFFICER, f"sandbox/acceptance?institution={self.cast.hospital.code}&kind=internet")
        follow(page, "#h-issue ~ form button")
        return page

    def conclude(self):
        page = self.case_page(OFFICER)
        follow(page, "form[action$='/test'] button")
        return page

    def make_key(self):
        page = self.staff(CLERK, "agreements")
        follow(page, "#h-key ~ form button")

    def offer(self):
        page = self.case_page(SECOND_OFFICER)
        page.fill("#id_valid_from", f"{timezone.localdate():%Y-%m-%d}")
        follow(page, "form[action$='/offer'] button")
        return page

    def sign(self, name):
        page = self.case_page(name)
        follow(page, "form[action$='/sign'] button")
        return page

    def agree(self):
        """Key, text, both signatures."""
        self.make_key()
        self.offer()
        self.sign(CLERK)
        return self.sign(SECOND_OFFICER)

    # Visit

    def show_voucher(self):
        """The code on the patient's phone."""
        return self.me("voucher").get_attribute(".qr-box", "data-code")

    def registration(self, code, **changes):
        """The input of 2201 with the code that was scanned."""
        cast = self.cast
        return online.registration(cast.hospital, cast.patient, at=now_text(), mdtrt_cert_no=code, **changes)

    def register(self, code, **changes):
        self.visit = self.cast.hospital.expect("2201", self.registration(code, **changes))["data"]["mdtrt_id"]

    def diagnosis(self, *, code=HYPERTENSION, visit=None):
        """The input of 2203 of a visit over the internet."""
        cast = self.cast
        return online.diagnosed(
            cast.hospital, cast.patient, visit or self.visit, med_type=online.ONLINE, code=code, at=now_text()
        )

    def diagnose(self):
        self.cast.hospital.expect("2203", self.diagnosis())

    def fee_order(self, *, item=online.FOLLOW_UP, price="20.00", **changes):
        """The input of 6201 for the follow-up's fee."""
        payer = MobilePayer(self.cast.hospital)
        lines = [self._line(item, "1", price)]
        sent = payer.upload(
            self.cast.patient,
            total=price,
            lines=lines,
            medType=online.ONLINE,
            mdtrtId=self.visit,
            account="1",
            **changes,
        )
        return self._of_hypertension(sent)

    def _line(self, item, count, price):
        total = f"{int(count) * float(price):.2f}"
        return {
            "feedetlSn": f"N{item}", "psnNo": self.cast.patient.number, "feeOcurTime": now_text(), "medListCodg": item,
            "medinsListCodg": item, "detItemFeeSumamt": total, "cnt": count, "pric": price, "bilgDeptCodg": "A01",
            "bilgDeptName": "内科", "bilgDrCodg": "D110101000001", "bilgDrName": "测试医师", "hospApprFlag": "1",
        }  # fmt: skip

    def _of_hypertension(self, sent):
        """An upload whose lines are of its batch, and whose diagnosis is the patient's."""
        data = sent["data"]
        data["feedetailList"] = [{**line, "chrgBchno": data["chrgBchno"]} for line in data["feedetailList"]]
        data["diseinfoList"][0] |= {"diagCode": HYPERTENSION, "diagName": "高血压", "diagTime": now_text()}
        return sent

    # Prescription

    def written_prescription(self, **changes):
        """The input of 7101 without any signature."""
        drugs = [prescribing.drug(DRUG, drug_genname="苯磺酸氨氯地平片", drug_spec="5mg*28", drug_dosform="片剂")]
        node = prescribing.prescription(self.cast.patient, self.visit, drugs=drugs, **changes)
        told = {"diag_code": HYPERTENSION, "diag_name": "高血压"}
        node["mdtrtinfo"] |= {**told, "med_type": online.ONLINE}
        node["diseinfo"][0] |= told
        return node

    def prescribe(self):
        """The hospital's system hands the prescription in for its pre-check."""
        number = self.cast.hospital.expect("7101", self.written_prescription())["hi_rxno"]
        self.rx = Prescription.objects.get(number=number)

    def rx_page(self, name):
        return self.staff(name, f"prescriptions/{self.rx.pk}")

    def sign_rx(self, password=PASSWORD):
        page = self.staff(PHYSICIAN, "prescriptions/work")
        follow(page, f"text={self.rx.number}")
        return self._decide(page, "sign", password)

    def review_rx(self, name=PHARMACIST, *, decision="approve", password=PASSWORD):
        """A pharmacist finds it on the work list, or at its own address, and decides."""
        page = self.staff(name, "prescriptions/work")
        follow(page, f"text={self.rx.number}")
        return self._decide(page, "review", password, decision)

    def _decide(self, page, step, password, decision=""):
        page.fill(f"form[action$='/{step}'] [name=password]", password)
        which = f"[value={decision}]" if decision else ""
        follow(page, f"form[action$='/{step}'] button.main{which}")
        return page

    def choose(self, words="P1101", code=PHARMACY):
        """The patient looks for a pharmacy and chooses it."""
        page = self.me("prescriptions")
        follow(page, ".rows a")
        page.fill("#search", words)
        page.click("form[role=search] button")
        page.wait_for_selector(f"#found form:has([value={code}]) button")
        follow(page, f"#found form:has([value={code}]) button")
        page.wait_for_selector("h1")
        return page

    def claim(self):
        page = self.staff(SHOP, "prescriptions/work")
        follow(page, f"text={self.rx.number}")
        follow(page, "form[action$='/claim'] button")
        return page

    # Payment

    def drug_order(self, **changes):
        """The input of 6201 for the drugs and their delivery."""
        payer = MobilePayer(self.cast.pharmacy)
        lines = [self._line(DRUG, "2", "35.00")]
        extension = {"deliveryFee": "6.00", "rxTraceCode": self.rx.trace_code}
        sent = payer.upload(
            self.cast.patient, total="70.00", lines=lines, medType="41", account="1", extData=json.dumps(extension),
            begntime=now_text(), **changes,
        )  # fmt: skip
        return self._of_hypertension(sent)

    def place(self, house, sent):
        """An institution's system places an order."""
        number = house.expect("6201", sent)["data"]["payOrdId"]
        self.order = Order.objects.get(number=number)

    def look_at_order(self):
        """The patient finds on the first page what waits for payment, and looks who pays what."""
        page = self.me()
        follow(page, "#h-waiting ~ .rows a")
        follow(page, "a.main")
        page.wait_for_selector("h1")
        return page

    def pay(self):
        page = self.look_at_order()
        follow(page, "form[action$='/pay'] button")
        page.wait_for_url(f"{self.site}/portal/my/orders/{self.order.number}")
        return page

    # Dispensing and delivery

    def hand_over(self, text, name=SHOP_CLERK):
        page = self.rx_page(name)
        page.fill("#id_packs", text)
        follow(page, "form[action$='/hand-over'] button")
        return page

    def deliver(self, state):
        page = self.rx_page(SHOP_CLERK)
        page.select_option("#id_state", state)
        page.fill("#id_carrier", "演示同城配送")
        page.fill("#id_waybill", "YD0001")
        follow(page, "form[action$='/deliver'] button")
        return page

    def rx_of_mine(self):
        page = self.me("prescriptions")
        follow(page, ".rows a")
        return page

    def receive(self):
        page = self.rx_of_mine()
        follow(page, "form[action$='/receive'] button")
        return page
