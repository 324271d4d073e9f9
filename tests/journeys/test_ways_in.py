"""The doors' forms: three URL shapes, three schemes of signing, infcode as number or text, the forms real clients send."""

import json

import pytest

from yibao.domains.settlement.models import Settlement
from yibao.domains.visits.models import Visit

from .hospital import Hospital, accepted, refused
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")

SERVICES = {
    "2201": "api/outpatientDocInfoService/outpatientRregistration",
    "2204": "api/outpatientDocInfoService/outpatientFeeListUp",
    "2206": "api/outpatientSettleService/preSettletment",
    "2207": "api/outpatientSettleService/saveSettletment",
    "2208": "api/outpatientSettleService/cancleSettletment",
}


class WalksEverywhere(Hospital):
    """A hospital whose every transaction has a path of its own."""

    def expect(self, infno, node, **changes):
        self.path = self.path_of(infno)
        return super().expect(infno, node, **changes)


class TestUrls:
    @pytest.mark.parametrize(
        "path_of",
        [
            lambda _infno: "/fsi/api/callService",
            lambda infno: f"/fsi/{SERVICES[infno]}",
            lambda infno: f"/fsi/{infno}",
            lambda infno: f"/fsi/anything/in/between/{infno}",
        ],
        ids=["one for all", "one per service", "number appended", "number appended further down"],
    )
    def test_of_every_shape_lead_to_the_same_transaction(self, path_of):
        hospital = WalksEverywhere()
        hospital.path_of = path_of

        _, info = hospital.visit(new_person(), "3000.00")

        assert info["fund_pay_sumamt"] == 840.00

    def test_the_path_names_the_transaction_when_the_body_does_not(self):
        hospital, person = Hospital(), new_person()

        body = json.loads(hospital.body("2201", {"data": hospital.registration(person)}))
        hospital.path = "/fsi/2201"
        output = accepted("2201", hospital.post_bytes(json.dumps({**body, "infno": ""}).encode()))

        assert Visit.objects.get(pk=output["data"]["mdtrt_id"]).person == person


class TestSigning:
    @pytest.mark.parametrize(("scheme", "path"), [("none", "/fsi"), ("csb", "/CSB"), ("tif", "/ebus/bj")])
    @pytest.mark.parametrize("suffix", ["", "/2207", "/api/outpatientSettleService/saveSettletment"])
    def test_a_signed_settlement_is_made_over_every_shape_of_url(self, scheme, path, suffix):
        hospital = Hospital(scheme=scheme, path=path)
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        hospital.path = path + suffix

        info = hospital.settle(person, visit)

        assert Settlement.objects.get(pk=info["setl_id"]).institution.code == "H11010100001"

    @pytest.mark.parametrize(
        ("scheme", "path", "success", "failure"),
        [("none", "/fsi", 0, -1), ("csb", "/CSB", 0, -1), ("tif", "/ebus/bj", "0", "-1")],
    )
    def test_infcode_has_the_type_of_the_access_point(self, scheme, path, success, failure):
        hospital = Hospital(scheme=scheme, path=path)
        person = new_person()

        made = hospital.ask("2201", {"data": hospital.registration(person, number="TYPED")})
        again = hospital.ask("2201", {"data": hospital.registration(person, number="TYPED")})

        assert (made["infcode"], type(made["infcode"])) == (success, type(success))
        assert (again["infcode"], type(again["infcode"])) == (failure, type(failure))


class TestFormsOfRealClients:
    """What they send is taken as it was meant, and the visit is the same as from a tidy sender."""

    def sent(self, body, **options):
        hospital = Hospital()
        return accepted("2201", hospital.post_bytes(body, **options))

    def opened(self, output):
        visit = Visit.objects.get(pk=output["data"]["mdtrt_id"])
        return (visit.care, visit.state, visit.department_name)

    expected = ("outpatient", "open", "内科")

    def test_a_byte_order_mark(self):
        hospital, person = Hospital(), new_person()
        body = b"\xef\xbb\xbf" + hospital.body("2201", {"data": hospital.registration(person)})

        assert self.opened(self.sent(body)) == self.expected

    @pytest.mark.parametrize("content_type", ["text/plain", "text/plain;charset=UTF-8", "application/json", "", None])
    def test_any_of_these_content_types(self, content_type):
        hospital, person = Hospital(), new_person()
        body = hospital.body("2201", {"data": hospital.registration(person)})

        assert self.opened(self.sent(body, content_type=content_type)) == self.expected

    def test_input_as_a_json_string(self):
        hospital, person = Hospital(), new_person()
        node = json.dumps({"data": hospital.registration(person)}, ensure_ascii=False)

        assert self.opened(self.sent(hospital.body("2201", node))) == self.expected

    def test_unknown_members_everywhere(self):
        hospital, person = Hospital(), new_person()
        node = {"data": {**hospital.registration(person), "made_up": {"deep": [1, None]}}, "also": 1}

        assert self.opened(self.sent(hospital.body("2201", node, nonsense=[True]))) == self.expected

    def test_the_word_null_for_nothing(self):
        hospital, person = Hospital(), new_person()
        body = hospital.body(
            "2201", {"data": hospital.registration(person)}, sign_no="null", cainfo="null", infver=None
        )

        assert self.opened(self.sent(body)) == self.expected

    def test_a_single_object_for_a_list_of_one(self):
        hospital, person = Hospital(), new_person()
        visit = hospital.register(person)

        rows = hospital.expect("2204", {"feedetail": hospital.line(person, visit, price="10.00")})["result"]

        assert [row["det_item_fee_sumamt"] for row in rows] == [10.00]

    @pytest.mark.parametrize(
        ("quantity", "price", "amount"),
        [("2", "1.500000", "3.00"), (2, 1.5, 3), (2.0, "1.5", 3.0), ("2.0000", 1.5, "3"), ("+2", "15e-1", "3.0")],
    )
    def test_numbers_as_text_or_text_as_numbers(self, quantity, price, amount):
        hospital, person = Hospital(), new_person()
        visit = hospital.register(person)
        line = {**hospital.line(person, visit), "cnt": quantity, "pric": price, "det_item_fee_sumamt": amount}

        row = hospital.expect("2204", {"feedetail": [line]})["result"][0]

        assert (row["cnt"], row["pric"], row["det_item_fee_sumamt"]) == (2.0, 1.5, 3.0)

    def test_an_amount_one_fen_beside_quantity_times_price(self):
        hospital, person = Hospital(), new_person()
        visit = hospital.register(person)
        line = hospital.line(person, visit, quantity="3", price="33.333333", det_item_fee_sumamt="99.99")

        row = hospital.expect("2204", {"feedetail": [line]})["result"][0]

        assert (row["det_item_fee_sumamt"], row["inscp_scp_amt"]) == (99.99, 99.99)

    def test_a_number_as_psn_no_is_read_as_text(self):
        hospital, person = Hospital(), new_person()
        node = {"data": {**hospital.registration(person), "psn_no": int(person.number)}}

        assert self.opened(self.sent(hospital.body("2201", node))) == self.expected


class TestIdsOfOthers:
    @pytest.mark.parametrize("sent", ["abc", "-1", "9" * 19, "１２", "1.0"])
    def test_an_id_that_was_never_given_out_is_refused(self, sent):
        hospital, person = Hospital(), new_person()
        with nothing_changes():
            answer = hospital.post_bytes(hospital.body("2207", hospital.bill(person, sent)))
        assert refused(answer) == f"mdtrt_id的值{sent}不是本平台发出的编号"
