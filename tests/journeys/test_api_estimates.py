"""The API that estimates bills and lists policies: the same answers as the page, refusals with place and reason, a true OpenAPI document."""

import json
from datetime import date

import jsonschema
import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from yibao import policies
from yibao.interfaces.server.rate_limit import MOST

from .records import nothing_changes

SITUATION = {
    "region": "110000", "scheme": "310", "on": "2026-05-01", "care": "inpatient", "level": "tertiary",
    "status": "active", "place": "local", "age": 52,
}  # fmt: skip
BILL = {"total": "36800"}
LINES = [
    {"code": "XL04", "quantity": "1", "price": "2000", "amount": "2000.00"},
    {"code": "XB02", "quantity": "2", "price": "1"},
]


@pytest.fixture
def api(standing_town):
    return Client(enforce_csrf_checks=True)


def ask(api, body=None, **changes):
    body = {"situation": SITUATION, "bill": BILL, **changes} if body is None else body
    return api.post("/api/v1/estimates", body, content_type="application/json")


@pytest.fixture
def document(api):
    return api.get("/api/v1/openapi.json").json()


def fits(document, value, name):
    """Check a value against a schema of the document, as a client's generator would."""
    jsonschema.validate(value, {"$ref": f"#/components/schemas/{name}", "components": document["components"]})


class TestEstimates:
    def test_answer_as_the_page_does(self, api, document):
        answer = ask(api)
        assert answer.status_code == 200
        told = answer.json()
        fits(document, told, "EstimateAnswer")
        assert (told["person"], told["cash"], told["account"]) == ("6285.00", "6285.00", "0.00")
        assert told["funds"] == [{"code": "310100", "name": "职工基本医疗保险统筹基金", "amount": "30515.00"}]
        assert told["bill"]["is_assumed"] is True
        assert told["steps"][0].startswith("【住院统筹】")
        assert {clause["trust"] for clause in told["clauses"]} == {"relayed", "official"}
        assert len(told["elsewhere"]) == 15

    def test_speak_english_when_asked(self, api):
        assert ask(api, language="en").json()["steps"][0].startswith("[Inpatient pooling]")

    def test_price_lists(self, api, document):
        told = ask(api, {"situation": SITUATION, "lines": LINES}).json()
        fits(document, told, "EstimateAnswer")
        assert told["bill"] == {
            "total": "2002.00", "in_scope": "641.80", "self_pay_first": "160.20", "over_ceiling": "1200.00",
            "full_self_pay": "0.00", "is_assumed": False,
        }  # fmt: skip

    def test_are_kept_nowhere(self, api, caplog):
        with nothing_changes():
            answer = ask(api)
            ask(api, bill={"total": "4711.999"})
        assert not answer.cookies
        assert not Session.objects.exists()
        assert "36800" not in caplog.text
        assert "4711" not in caplog.text

    def test_take_what_is_counted(self, api):
        counted = {**SITUATION, "counted": {"inpatient_cost": "30000"}, "account_balance": "100", "ordinal": 2}
        told = ask(api, situation=counted).json()
        assert told["account"] == "100.00"
        assert told["person"] != "6285.00"


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "refusal", "where"),
        [
            ({"situation": SITUATION}, (422, "api.either_bill_or_lines"), None),
            ({"situation": SITUATION, "bill": BILL, "lines": LINES}, (422, "api.either_bill_or_lines"), None),
            ({"situation": SITUATION, "bill": {**BILL, "in_scope": "1"}}, (422, "api.partial_bill"), None),
            ({"situation": SITUATION, "bill": {"total": "0"}}, (422, "estimate.empty_bill"), None),
            ({"situation": SITUATION, "bill": {"total": "999999999"}}, (422, "estimate.absurd_amount"), None),
            ({"situation": SITUATION, "lines": []}, (422, "estimate.too_many_lines"), None),
            ({"situation": SITUATION, "lines": [{**LINES[1], "code": "NO"}]}, (422, "estimate.refused_lines"), "lines.1"),
            ({"situation": SITUATION, "lines": LINES * 300}, (422, "api.not_understood"), "lines"),
            ({"situation": {**SITUATION, "level": "pharmacy"}, "bill": BILL}, (422, "estimate.care_not_given"), None),
            ({"situation": {**SITUATION, "care": "magic"}, "bill": BILL}, (422, "benefits.unknown_circumstance"), None),
            ({"situation": {**SITUATION, "on": "1999-01-01"}, "bill": BILL}, (404, "policies.none_in_force"), None),
            ({"situation": {**SITUATION, "region": "999999"}, "bill": BILL}, (404, "policies.none_in_force"), None),
            ({"situation": {**SITUATION, "age": 200}, "bill": BILL}, (422, "api.not_understood"), "situation.age"),
            ({"situation": {**SITUATION, "name": "x"}, "bill": BILL}, (422, "api.not_understood"), "situation.name"),
            ({"situation": SITUATION, "bill": {"total": 36800.5}}, (422, "api.not_understood"), "bill.total"),
            ({"situation": SITUATION, "bill": {"total": "-1"}}, (422, "api.not_understood"), "bill.total"),
            (
                {"situation": {**SITUATION, "counted": {"wishes": "1"}}, "bill": BILL},
                (422, "benefits.unknown_accumulator"), None,
            ),
            (
                {"situation": SITUATION, "bill": {"total": "10", "in_scope": "1", "self_pay_first": "1", "over_ceiling": "1", "full_self_pay": "1"}},
                (422, "benefits.broken_identity"), None,
            ),
        ],
    )  # fmt: skip
    def test_say_what_and_where(self, api, document, body, refusal, where):
        with nothing_changes():
            answer = ask(api, body)
        told = answer.json()
        fits(document, told, "Refusal")
        assert (answer.status_code, told["code"]) == refusal
        assert any("\u4e00" <= sign <= "\u9fff" for sign in told["message"])
        if where:
            assert [problem["where"] for problem in told["problems"]] == [where]

    def test_a_body_that_is_no_json(self, api, document):
        for body in ("{", "[1]", '"x"', "\xff"):
            answer = api.post("/api/v1/estimates", body, content_type="application/json")
            assert answer.status_code in {400, 422}
            fits(document, answer.json(), "Refusal")

    def test_a_list_tells_each_line_in_the_language_asked_for(self, api):
        lines = [{**LINES[1], "code": "NO1"}, LINES[1], {**LINES[1], "amount": "7"}]
        told = ask(api, {"situation": SITUATION, "lines": lines, "language": "en"}).json()
        assert [(problem["where"], problem["code"]) for problem in told["problems"]] == [
            ("lines.1", "visits.unlisted_item"),
            ("lines.3", "pricing.inconsistent_amount"),
        ]
        assert told["problems"][0]["message"] == "The catalogue has no item with the code NO1"

    def test_too_often(self, api):
        for _ in range(MOST):
            ask(api, {})
        answer = ask(api)
        assert (answer.status_code, answer.json()["code"]) == (429, "api.too_often")
        assert 1 <= int(answer["Retry-After"]) <= 60


class TestPolicies:
    def test_lists_every_scheme_with_its_codes(self, api, document):
        told = api.get("/api/v1/policies", {"on": "2026-05-01"}).json()
        assert {(each["region"], each["scheme"]) for each in told} == set(policies.schemes())
        for each in told:
            fits(document, each, "PolicyAnswer")
            law = policies.law_of(policies.load(each["region"], each["scheme"], date(2026, 5, 1)))
            assert each["statuses"] == list(law.scheme.statuses)
            assert sum(each["trust"].values()) == len(law.clauses)

    def test_of_a_day_without_law_is_empty(self, api):
        assert api.get("/api/v1/policies", {"on": "1999-01-01"}).json() == []

    def test_of_no_day_is_refused(self, api):
        answer = api.get("/api/v1/policies", {"on": "someday"})
        assert (answer.status_code, answer.json()["problems"][0]["where"]) == (422, "on")


class TestDocument:
    def test_describes_both_questions_and_their_refusals(self, document):
        assert document["openapi"].startswith("3.")
        assert set(document["paths"]) == {"/api/v1/policies", "/api/v1/estimates"}
        assert set(document["paths"]["/api/v1/estimates"]["post"]["responses"]) == {"200", "400", "404", "422", "429"}

    def test_every_reference_leads_somewhere(self, document):
        text = json.dumps(document)
        names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
        assert names <= set(document["components"]["schemas"])

    def test_no_page_loads_scripts_of_others(self, api):
        assert api.get("/api/v1/docs").status_code == 404
