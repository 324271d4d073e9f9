"""Joint punishment for dishonesty (失信联合惩戒): after publication, by another officer, told to the platform, felt by the house."""

import csv
import io
import json
from datetime import date, datetime

import pytest
from django.db import IntegrityError
from django.db.transaction import atomic

from yibao.domains.agreements.conduct import BreachNotice, CreditListing
from yibao.domains.agreements.conduct_operations import BreachNotPublishedError, ListedError, OwnSheetError
from yibao.domains.agreements.queries import is_audited_closely, is_listed_on
from yibao.workflows import decide_on_agreement as deciding
from yibao.workflows import record_conduct as conduct
from yibao.workflows.punish_jointly import ListingWish, UnknownMeasureError, for_platform, list_breach, repair_credit

from .agreement_houses import DAY, House, all_met, state_of
from .hospital import BEIJING
from .office_records import sign_in
from .records import nothing_changes

TIANJIN = "120000"


@pytest.fixture
def house(db):
    return House(TIANJIN, code="H12010100001")


def broken(house, *, staff="", document="津协处〔2021〕1号", is_public=True):
    """A breach, published by another officer."""
    breach = conduct.record_breach(
        conduct.BreachWish(
            institution_code=house.institution.code, practitioner_code=staff, is_internet=True, found_on=DAY.date(),
            facts="虚构互联网复诊骗取基金", article="第二十三条", route="administrative", handling="none",
            amount_fen=10_000, document=document,
        ),
        member=house.officers[0], at=DAY,
    )  # fmt: skip
    if is_public:
        conduct.make_breach_public(breach.pk, summary="某医院虚构诊疗", member=house.officers[1], at=DAY)
    return breach


def wish(*measures, document="津信惩〔2021〕1号", begins_on=date(2021, 3, 2)):
    return ListingWish(
        measures=measures or ("no_new_agreement",), article="第二十三条", document=document, begins_on=begins_on
    )


@pytest.mark.requirement("INT-80", "INT-54")
def test_it_follows_publication_by_another_officer_and_is_told(house):
    breach = broken(house, is_public=False)
    for officer, error in ((1, BreachNotPublishedError), (0, BreachNotPublishedError)):
        with nothing_changes(), pytest.raises(error), atomic():
            list_breach(breach.pk, wish(), member=house.officers[officer], at=DAY)
    conduct.make_breach_public(breach.pk, summary="公开", member=house.officers[1], at=DAY)
    with nothing_changes(), pytest.raises(OwnSheetError), atomic():
        list_breach(breach.pk, wish(), member=house.officers[0], at=DAY)
    with nothing_changes(), pytest.raises(UnknownMeasureError), atomic():
        list_breach(breach.pk, wish("pillory"), member=house.officers[1], at=DAY)
    listing = list_breach(breach.pk, wish("no_new_agreement", "audited_closely"), member=house.officers[1], at=DAY)
    assert (listing.begins_on, listing.ends_on) == (date(2021, 3, 2), date(2022, 3, 2))
    assert BreachNotice.objects.get().department == "credit"
    told = for_platform(listing)
    assert told["subject"]["code"] == house.institution.code
    assert [each["key"] for each in told["punishment"]["measures"]] == ["no_new_agreement", "audited_closely"]
    with nothing_changes(), pytest.raises(ListedError), atomic():
        list_breach(breach.pk, wish(document="津信惩〔2021〕2号"), member=house.officers[1], at=DAY)
    second = broken(house, document="津协处〔2021〕2号", is_public=False)
    with pytest.raises(IntegrityError, match="follows its publication"), atomic():
        CreditListing.objects.create(
            breach=second, measures=["no_new_agreement"], article="x", document="x", begins_on=DAY.date(),
            ends_on=date(2022, 1, 1), decided_by=house.officers[1], decided_at=DAY,
        )  # fmt: skip


@pytest.mark.requirement("INT-80")
def test_who_is_under_it_gets_no_new_agreement(house):
    list_breach(broken(house).pk, wish(), member=house.officers[1], at=DAY)
    assert [is_listed_on(day, institution_id=house.institution.pk) for day in (date(2021, 3, 1), date(2021, 3, 2))] == [
        False, True,
    ]  # fmt: skip
    at = datetime(2021, 3, 3, 9, tzinfo=BEIJING)
    case = house.submitted("designation", at=at)
    deciding.review(case.pk, all_met(case), house.decide(at))
    assert state_of(case) == "wanting"
    (told,) = case.notices.get().items
    assert (told["key"], told["note"]) == ("not_listed", "未在失信联合惩戒期内")
    listing = CreditListing.objects.get()
    with nothing_changes(), pytest.raises(ListedError), atomic():
        repair_credit(listing.pk, on=date(2022, 3, 2), document="x", reason="x", member=house.officers[0], at=at)
    repair_credit(
        listing.pk, on=date(2021, 3, 4), document="津信修〔2021〕1号", reason="已整改", member=house.officers[0], at=at
    )
    later = datetime(2021, 3, 4, 9, tzinfo=BEIJING)
    from yibao.workflows import apply_for_agreement as applying

    applying.supplement(case.pk, house.act(later))
    deciding.review(case.pk, all_met(case), house.decide(later))
    assert state_of(case) == "complete"
    assert for_platform(CreditListing.objects.get())["repair"]["document"] == "津信修〔2021〕1号"


@pytest.mark.requirement("INT-80")
def test_a_physician_s_own_does_not_bar_the_house(house):
    physician = house.physician()
    list_breach(broken(house, staff=physician.code).pk, wish(), member=house.officers[1], at=DAY)
    day = date(2021, 3, 2)
    assert not is_listed_on(day, institution_id=house.institution.pk)
    assert is_listed_on(day, institution_id=house.institution.pk, practitioner_id=physician.pk)


@pytest.mark.requirement("INT-80")
def test_a_close_audit_is_one_of_the_measures(house):
    list_breach(broken(house).pk, wish("audited_closely"), member=house.officers[1], at=DAY)
    days = (date(2021, 3, 1), date(2021, 3, 2), date(2022, 3, 2))
    assert [is_audited_closely(house.institution.pk, day) for day in days] == [False, True, False]
    assert not is_listed_on(date(2021, 3, 2), institution_id=house.institution.pk)


@pytest.mark.requirement("INT-80")
def test_the_pages_apply_it_and_give_the_platform_s_file(client, house):
    breach = broken(house)
    sign_in(client, house.officers[1].user.username)
    said = {
        "row": breach.pk, "measures": ["no_new_agreement"], "article": "第二十三条", "document": "津信惩〔2021〕1号",
        "begins_on": "2021-03-02",
    }  # fmt: skip
    with nothing_changes():
        assert client.post("/agreements/conduct/list", said | {"measures": []}).status_code == 400
    assert client.post("/agreements/conduct/list", said).status_code == 302
    listing = CreditListing.objects.get()
    assert "津信惩〔2021〕1号" in client.get("/agreements/conduct").content.decode()
    files = {kind: client.get(f"/agreements/credit/{listing.pk}.{kind}") for kind in ("json", "csv", "pdf")}
    assert json.loads(files["json"].content)["punishment"]["ends_on"] == "2022-03-02"
    rows = list(csv.reader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    assert rows[1][1] == house.institution.code
    assert files["pdf"].content[:5] == b"%PDF-"
    assert client.get(f"/agreements/credit/{listing.pk}.exe").status_code == 404
    stranger = House("130100", code="H13010000001")
    sign_in(client, stranger.officers[0].user.username)
    assert client.get(f"/agreements/credit/{listing.pk}.json").status_code == 404
