"""The codes of test persons' vouchers: shown on the console of a sandbox, taken once by the system that scans them."""

import re
from datetime import UTC, datetime

import pytest

from yibao.city.region import region_named
from yibao.city.sandbox_persons import found_test_persons
from yibao.domains.sandbox.models import SandboxPerson
from yibao.domains.vouchers.models import Redemption

from .office_records import found_staff, sign_in
from .sandbox_town import open_sandbox, vendor
from .small_town import REGION

AT = datetime(2026, 11, 9, 8, tzinfo=UTC)
PAGE = "/sandbox/persons/employee_working/voucher"


@pytest.fixture
def sandbox(standing_town, settings):
    found_staff()
    assert REGION == "110000"
    found_test_persons(region=region_named("beijing"), as_of=AT.date(), at=AT)
    with open_sandbox(settings) as application:
        yield application


def code_on(page):
    return re.search(r'<p class="spelled"><code>(EC[A-Z0-9]{48})</code>', page).group(1)


def asked(hospital, code):
    return {"data": {"mdtrt_cert_type": "01", "mdtrt_cert_no": code, "psn_cert_type": "", "certno": "", "psn_name": ""}}


def test_a_code_is_shown_with_its_end_and_taken_once(sandbox, client):
    sign_in(client, "institution")
    assert PAGE in client.get("/sandbox/persons").content.decode()
    page = client.get(PAGE).content.decode()
    assert "<svg" in page
    assert re.search(r"有效至 \d\d:\d\d:\d\d", page)
    person = SandboxPerson.objects.get(kind="employee_working").person
    code = code_on(page)
    hospital, other = vendor(sandbox), vendor(sandbox, code="H11010100002")
    assert hospital.expect("1101", asked(hospital, code))["baseinfo"]["psn_no"] == person.number
    assert "一码一用" in other.refuse("1101", asked(other, code))
    assert Redemption.objects.filter(voucher__person=person).count() == 1
    assert code_on(client.get(PAGE).content.decode()) != code


def test_nobody_outside_of_a_sandbox_or_of_the_list(sandbox, client, settings):
    sign_in(client, "system")
    assert client.get(PAGE).status_code == 403
    sign_in(client, "agency")
    assert client.get("/sandbox/persons/nobody/voucher").status_code == 404
    settings.SANDBOX = False
    assert client.get(PAGE).status_code == 404
