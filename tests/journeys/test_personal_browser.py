"""Personal pages as a browser shows them: activation to voucher and bill, family, elder mode, for readers of every kind."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from yibao.domains.people.models import Person
from yibao.domains.personal_access.models import Account, Proxy, RecordLook
from yibao.domains.settlement.models import Settlement
from yibao.domains.vouchers.models import Redemption
from yibao.interfaces.server.rate_limit import limit
from yibao.workflows.act_for_family import FamilyWish, let_act

from .chromium import CHECKS, PHONE, chromium, follow, in_a_browser, open_page, wrong_by_axe
from .hospital import Hospital
from .mobile_payer import MobilePayer, connect_test_channel
from .personal_access import SECRET, handed_out, known_person
from .prescribing import prescribed, staff_the_houses
from .small_town import new_person

pytestmark = in_a_browser


def bill_of(person):
    return f"/portal/my/visits/{Settlement.objects.get(person=person).pk}"


@pytest.fixture
def site(lasting_town, live_server, cheap_hashes):
    """Where the pages are."""
    return live_server.url


@pytest.fixture
def mother(site):
    """A retired person with an account and a bill, for whom the daughter may act."""
    person = known_person("刘奶奶", status="retired", balance_fen=60_000)
    Hospital().visit(person, "3000.00", account="1")
    return person


@pytest.fixture
def daughter(mother):
    person = known_person("王女儿")
    now = timezone.now()
    wish = FamilyWish(
        principal=mother, document_number=person.document_number, name=person.name, relation="女儿",
        purposes=["view"], valid_until=timezone.localdate(now) + timedelta(days=30),
    )  # fmt: skip
    let_act(wish, at=now, on=timezone.localdate(now), by="test")
    return person


@pytest.fixture
def slip(site):
    """A person who has just got an activation code, and the code."""
    person = new_person()
    return person, handed_out(person)


@dataclass
class Town:
    """Who lives here, asked before the driver's loop runs, under which Django would keep another connection."""

    site: str
    mother: Person
    daughter: Person
    bill: str
    slip: tuple[Person, str]
    on_their_way: tuple[str, ...]


@pytest.fixture
def on_their_way(mother, daughter):
    """Pages of a prescription in circulation and of orders, one paid and one to be paid: all of the daughter's own."""
    staff_the_houses()
    connect_test_channel()
    rx, payer = prescribed(daughter), MobilePayer()
    paid, waiting = payer.place(daughter), payer.place(daughter, total="500.00")
    payer.pay(paid)
    return (
        f"my/prescriptions/{rx.number}?search=测试",
        f"my/orders/{paid['payOrdId']}",
        f"my/orders/{waiting['payOrdId']}",
    )


@pytest.fixture
def town(site, slip, mother, daughter, on_their_way):
    return Town(site, mother, daughter, bill_of(mother), slip, on_their_way)


@pytest.fixture
def browser(town, monkeypatch):
    with chromium(monkeypatch) as started:
        yield started


def type_in(page, site, person, secret=SECRET):
    page.goto(f"{site}/portal/sign-in")
    page.fill("[name=number]", person.document_number)
    page.fill("[name=password]", secret)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/portal/my/")


def on_phone(browser, **options):
    return open_page(browser, viewport=PHONE, is_mobile=True, has_touch=True, **options)


class TestFirstTime:
    @pytest.mark.requirement("MOB-04")
    def test_from_the_slip_to_the_counter(self, browser, town):
        site, (person, code) = town.site, town.slip
        page = on_phone(browser)
        page.goto(f"{site}/portal/")
        follow(page, "text=登录")
        follow(page, "text=我有激活码")
        for name, value in {
            "number": person.document_number, "name": person.name, "code": code, "password": SECRET, "again": SECRET,
        }.items():  # fmt: skip
            page.fill(f"[name={name}]", value)
        follow(page, "main button[type=submit]")
        page.wait_for_url(f"{site}/portal/my/")
        follow(page, "text=出示我的码")
        page.wait_for_selector(".qr-box svg")
        first = page.get_attribute(".qr-box", "data-code")
        page.evaluate("() => { window.stays = true }")
        page.click("text=刷新")
        page.wait_for_function("(old) => document.querySelector('.qr-box').dataset.code !== old", arg=first)
        assert page.evaluate("() => window.stays")
        assert page.locator(".qr-box").count() == 1
        shown = page.get_attribute(".qr-box", "data-code")
        asked = {"data": {"mdtrt_cert_type": "01", "mdtrt_cert_no": shown}}
        assert Hospital().expect("1101", asked)["baseinfo"]["psn_no"] == person.number
        assert "一码一用" in Hospital(code="H11010100003").refuse("1101", asked)
        assert Redemption.objects.count() == 1

    def test_without_scripts_too(self, browser, town):
        site, mother, bill = town.site, town.mother, town.bill
        page = on_phone(browser, java_script_enabled=False)
        type_in(page, site, mother)
        page.goto(f"{site}/portal/my/voucher")
        first = page.get_attribute(".qr-box", "data-code")
        follow(page, "main button[type=submit]")
        assert page.get_attribute(".qr-box", "data-code") != first
        follow(page, "text=我的账单")
        follow(page, ".rows a")
        assert page.url == site + bill
        assert "3,000.00" in page.inner_text("main")


class TestFamily:
    def test_the_daughter_reads_the_bill_and_her_mother_sees_it(self, browser, town):
        site, mother, daughter, bill = town.site, town.mother, town.daughter, town.bill
        page = on_phone(browser)
        type_in(page, site, daughter)
        follow(page, "nav >> text=家人")
        follow(page, "text=代 刘奶奶 办理")
        page.wait_for_url(f"{site}/portal/my/")
        assert "您正在代 刘奶奶 办理" in page.inner_text(".acting")
        page.goto(site + bill)
        assert "3,000.00" in page.inner_text("main")
        page.goto(f"{site}/portal/my/voucher")
        assert "不能代家人办理" in page.inner_text("h1")
        follow(page, ".acting button")
        page.goto(site + bill)
        assert "没有找到" in page.inner_text("h1")
        hers = on_phone(browser)
        type_in(hers, site, mother)
        hers.goto(f"{site}/portal/my/readers")
        assert "王女儿（代我办理）" in hers.inner_text("main")
        assert "他人（已拒绝）" in hers.inner_text("main")
        hers.goto(f"{site}/portal/my/family")
        follow(hers, "text=立即终止")
        assert "已终止" in hers.inner_text("#h-given ~ ul")
        assert RecordLook.objects.filter(person=mother, is_refused=True).count() == 2
        assert Proxy.objects.get().ended_by == f"person {mother.number}"


class TestElderMode:
    @pytest.mark.requirement("ELD-03", "ELD-04", "ELD-06")
    def test_few_large_buttons_and_a_person_to_call(self, browser, town):
        site, mother = town.site, town.mother
        page = on_phone(browser)
        type_in(page, site, mother)
        follow(page, "text=长辈版")
        assert page.evaluate("() => getComputedStyle(document.documentElement).fontSize") == "24px"
        buttons = page.locator(".tiles a")
        assert 3 <= buttons.count() <= 5
        assert all(buttons.nth(place).bounding_box()["height"] >= 72 for place in range(buttons.count()))
        assert page.get_attribute(".call a", "href") == "tel:12393"
        follow(page, "text=我的账单 >> nth=0")
        follow(page, ".rows a")
        assert not page.is_visible(".why")
        assert page.locator(".three dd").count() == 3
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
        page.emulate_media(media="print")
        assert not page.is_visible(".my-nav")
        assert page.is_visible(".three")
        assert Account.objects.get(person=mother).display == "elder"


OPEN_PAGES = (
    "",
    "sign-in",
    "activate",
    "estimate/110000/310",
    "agreements",
    "agreements/110000",
    "internet",
    "internet/120000",
)
PAGES = (
    "my/prescriptions",
    "my/orders",
    "my/messages",
    "my/online",
    "my/",
    "my/voucher",
    "my/insurance",
    "my/visits",
    "my/family",
    "my/readers",
    "my/visits/999999999",
)


class TestReaders:
    def test_nothing_is_wrong_for_anybody(self, browser, town):
        """Both languages, normal and for elders, in one browser."""
        wrong = {}
        for locale, kind in product(("zh-CN", "en-GB"), ("normal", "elder")):
            limit.forget()
            page = on_phone(browser, locale=locale)
            page.context.add_cookies([{"name": "yibao_type", "value": kind, "url": town.site}])
            wrong |= {(locale, kind, name): found for name, found in self.everything_wrong(page, town).items()}
            page.context.close()
        assert wrong == {}

    def everything_wrong(self, page, town):
        """What is wrong on any page, by its name; as the visitor of this page's context sees it."""
        site, daughter, bill = town.site, town.daughter, town.bill
        wrong = {}

        def look(name):
            page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true })")
            sideways = page.evaluate("() => document.documentElement.scrollWidth") > PHONE["width"]
            found = [*wrong_by_axe(page), *page.evaluate(CHECKS), *(["scrolls sideways"] if sideways else [])]
            if found:
                wrong[name] = found

        for name in OPEN_PAGES:
            page.goto(f"{site}/portal/{name}")
            look(name)
        for name in ("sign-in", "activate"):
            page.goto(f"{site}/portal/{name}")
            follow(page, "main button[type=submit]")
            look(f"{name} refused")
        type_in(page, site, daughter)
        for name in (*PAGES, *town.on_their_way):
            page.goto(f"{site}/portal/{name}")
            look(name)
        page.goto(f"{site}/portal/{town.on_their_way[-1]}/pay")
        look("pay")
        page.goto(f"{site}/portal/{town.on_their_way[-1]}")
        page.click("#h-pay ~ details summary")
        follow(page, "#agree button")
        page.wait_for_selector(".voucher")
        look("agreed to pay")
        page.goto(f"{site}/portal/my/family")
        follow(page, "#h-new ~ form button[type=submit]")
        look("family refused")
        follow(page, "#h-held ~ ul .main")
        look("acting")
        page.goto(site + bill)
        look("bill")
        page.goto(f"{site}/portal/my/voucher")
        look("not allowed")
        return wrong
