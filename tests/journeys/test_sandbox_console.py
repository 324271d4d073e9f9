"""The console of a sandbox: who sees what, a message opened and sent again, faults ordered, an acceptance judged and issued."""

import json

import pytest
from django.contrib.auth.models import User

from yibao.domains.acceptance.models import AcceptanceReport, Performance
from yibao.domains.acceptance.queries import latest_pass
from yibao.domains.messages.models import AccessPoint
from yibao.domains.sandbox.models import Exchange, Fault
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import PersonalRecordRead
from yibao.interfaces.console import faulty

from .office_records import PASSWORD, found_staff, sign_in
from .records import nothing_changes
from .sandbox_town import open_sandbox, order, vendor, written
from .small_town import new_person

RING = ("sandbox_exchange", "acceptance_performance", "sandbox_fault", "staff_personalrecordread")


@pytest.fixture
def sandbox(standing_town, settings):
    found_staff()
    with open_sandbox(settings) as application:
        yield application


@pytest.fixture
def hospital(sandbox):
    return vendor(sandbox)


@pytest.fixture
def agency(client, sandbox):
    sign_in(client, "agency")
    return client


def page(client, path, status=200):
    """What a page says."""
    response = client.get(f"/sandbox/{path}")
    assert response.status_code == status, response.content[:300]
    return response.content.decode()


class TestDoors:
    PATHS = ("", "messages", "persons", "faults", "acceptance", "messages/newer?after=0")

    def test_without_the_setting_there_is_no_console(self, standing_town, client):
        found_staff()
        sign_in(client, "agency")
        for path in self.PATHS:
            assert client.get(f"/sandbox/{path}").status_code == 404
        assert client.get("/sandbox/api/v1/faults").status_code == 401

    def test_strangers_are_asked_to_sign_in(self, sandbox, client):
        for path in self.PATHS:
            assert client.get(f"/sandbox/{path}").status_code == 302

    def test_each_role_gets_its_pages(self, sandbox, client):
        seen = {}
        for role in ("system", "agency", "institution", "auditor", "nobody"):
            sign_in(client, role)
            seen[role] = [client.get(f"/sandbox/{path}").status_code for path in self.PATHS[:5]]
        assert seen == {
            "system": [200, 403, 403, 200, 403],
            "agency": [200] * 5,
            "institution": [200] * 5,
            "auditor": [200] * 5,
            "nobody": [403] * 5,
        }

    def test_an_institution_sees_its_own_messages_only(self, sandbox, client):
        vendor(sandbox, code="H11010100001").ask("1101", {})
        vendor(sandbox, code="H11010100002").ask("1101", {})
        ours, theirs = written()
        sign_in(client, "institution")

        assert ours.msgid in page(client, "messages")
        assert theirs.msgid not in page(client, "messages")
        assert page(client, f"messages/{ours.pk}")
        page(client, f"messages/{theirs.pk}", 404)
        page(client, "acceptance?institution=H11010100002", 400)
        assert "secret-H11010100002" not in page(client, "")

    def test_another_region_sees_nothing(self, sandbox, client, hospital):
        hospital.ask("1101", {})
        (message,) = written()
        sign_in(client, "elsewhere")

        assert message.msgid not in page(client, "messages")
        page(client, f"messages/{message.pk}", 404)
        page(client, f"points/{AccessPoint.objects.get(path_prefix='/fsi').pk}", 404)


class TestMessages:
    def test_the_list_is_filtered(self, agency, hospital):
        person = new_person()
        hospital.register(person)
        hospital.ask("1101", {})
        made, refused = written()

        assert made.msgid not in page(agency, "messages?result=refused")
        assert refused.msgid in page(agency, "messages?result=refused&infno=1101&institution=h11010100001")
        assert refused.msgid in page(agency, "messages?text=不能为空")
        assert made.msgid not in page(agency, "messages?infno=1101")
        page(agency, "messages?result=what", 400)

    def test_what_came_since_is_given_as_rows(self, agency, hospital):
        hospital.ask("1101", {})
        (first,) = written()
        assert agency.get(f"/sandbox/messages/newer?after={first.pk}").status_code == 204
        hospital.ask("2201", {})
        second = written()[-1]

        response = agency.get(f"/sandbox/messages/newer?after={first.pk}")

        assert (response.status_code, response["X-Newest"]) == (200, str(second.pk))
        assert second.msgid in response.content.decode()
        assert first.msgid not in response.content.decode()

    def test_a_refused_field_carries_what_is_wrong(self, agency, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.refuse("2204", {"feedetail": [{**hospital.line(person, visit), "cnt": "many"}, {"mdtrt_id": visit}]})

        shown = agency.get(f"/sandbox/messages/{written()[-1].pk}").context["request_side"]

        faulty_lines = {(line.key, line.kind): line.faults for line in shown["lines"] if line.faults}
        assert faulty_lines["cnt", "text"] == ("数量(feedetail[0].cnt)不是数字：many",)
        assert faulty_lines["psn_no", "missing"] == ("人员编号(feedetail[1].psn_no)不能为空",)
        assert shown["untold"] == []

    def test_numbers_are_masked_until_asked_for_and_that_is_noted(self, agency, hospital):
        person = new_person()
        hospital.register(person)
        (message,) = written()

        masked = page(agency, f"messages/{message.pk}")
        assert person.document_number not in masked
        assert not PersonalRecordRead.objects.exists()
        opened = page(agency, f"messages/{message.pk}?numbers=open")

        assert person.document_number in opened
        assert "curl -sS" in opened
        assert [(read.person, read.purpose) for read in PersonalRecordRead.objects.all()] == [(person, "sandbox")]


class TestSendingAgain:
    def settled(self, hospital):
        person = new_person()
        visit = hospital.register(person)
        hospital.charge(person, visit)
        hospital.settle(person, visit)
        return written()[-1]

    def again(self, client, message, **data):
        response = client.post(f"/sandbox/messages/{message.pk}/again", data)
        return response, Exchange.objects.filter(replay_of=message.pk).first()

    def test_as_it_is_gets_the_same_answer_and_does_nothing(self, agency, hospital):
        message = self.settled(hospital)

        with nothing_changes(but=RING):
            response, made = self.again(agency, message, way="as_is")

        assert response.url == f"/sandbox/messages/{made.pk}"
        assert bytes(made.answer) == bytes(message.answer)
        assert Settlement.objects.count() == 1

    def test_under_a_new_number_it_is_a_new_message(self, agency, hospital):
        message = self.settled(hospital)

        _, made = self.again(agency, message, way="new_msgid")

        assert (made.result, made.error_code) == ("refused", "settlement.nothing_to_settle")
        assert made.msgid != message.msgid
        assert len(made.msgid) == 30

    def test_edited_it_is_sent_as_edited(self, agency, hospital):
        message = self.settled(hospital)
        body = {**json.loads(bytes(message.body)), "infno": "5203", "msgid": "H110101000012026112200000000001"[:30]}

        _, made = self.again(agency, message, way="edited", body=json.dumps(body))

        assert (made.infno, made.result) == ("5203", "refused")

    @pytest.mark.parametrize(("scheme", "prefix"), [("csb", "/CSB"), ("tif", "/ebus/bj")])
    def test_a_signed_message_is_signed_anew(self, agency, sandbox, scheme, prefix):
        signing = vendor(sandbox, scheme=scheme, path=prefix)
        signing.ask("1101", {})

        _, made = self.again(agency, written()[-1], way="as_is")

        assert made.error_code == "gateway.input_refused"

    def test_institution_staff_speak_for_their_own_only(self, client, hospital):
        sign_in(client, "institution")
        message = self.settled(hospital)
        other = {**json.loads(bytes(message.body)), "fixmedins_code": "H11010100002"}

        with nothing_changes():
            response, made = self.again(client, message, way="edited", body=json.dumps(other))

        assert (response.status_code, made) == (400, None)

    def test_auditors_look_and_do_not_send(self, client, hospital):
        sign_in(client, "auditor")
        message = self.settled(hospital)

        with nothing_changes():
            response, _ = self.again(client, message, way="as_is")

        assert response.status_code == 403


class TestFaults:
    def test_they_are_ordered_and_called_off_on_the_page(self, agency, hospital):
        point = AccessPoint.objects.get(path_prefix="/fsi")
        order_it = {"access_point": point.pk, "kind": "late", "seconds": "5", "times": "", "infno": "2207"}

        assert agency.post("/sandbox/faults", order_it).status_code == 302
        fault = Fault.objects.get()
        assert (fault.kind, fault.seconds, fault.times, fault.ordered_by) == ("late", 5, None, "agency")
        assert "应答迟到" in page(agency, "faults")

        assert agency.post(f"/sandbox/faults/{fault.pk}/end").status_code == 302
        fault.refresh_from_db()
        assert fault.ended_by == "agency"

    def test_terms_that_make_no_sense_are_told(self, agency):
        point = AccessPoint.objects.get(path_prefix="/fsi")
        with nothing_changes():
            response = agency.post("/sandbox/faults", {"access_point": point.pk, "kind": "late", "times": "1"})
        assert response.status_code == 400
        assert "1至120秒" in response.content.decode()

    def test_institution_staff_order_them_for_their_own_only(self, client, sandbox):
        sign_in(client, "institution")
        point = AccessPoint.objects.get(path_prefix="/fsi")
        for institution in ("", "H11010100002"):
            with nothing_changes():
                asked = {"access_point": point.pk, "kind": "busy", "times": "1", "institution": institution}
                assert client.post("/sandbox/faults", asked).status_code == 400

    def test_auditors_look_only(self, client, sandbox):
        sign_in(client, "auditor")
        fault = order("busy")
        point = AccessPoint.objects.get(path_prefix="/fsi")
        with nothing_changes():
            assert client.post("/sandbox/faults", {"access_point": point.pk, "kind": "busy"}).status_code == 403
            assert client.post(f"/sandbox/faults/{fault.pk}/end").status_code == 403


class TestPrograms:
    def ask(self, client, method, path, name="agency", **options):
        import base64

        word = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
        return getattr(client, method)(
            f"/sandbox/api/v1/{path}", HTTP_AUTHORIZATION=f"Basic {word}", content_type="application/json", **options
        )

    def test_a_test_run_orders_a_fault_and_reads_what_came_of_it(self, client, hospital):
        body = {"access_point": "/fsi", "kind": "busy", "infno": "9001", "institution": hospital.code}
        made = self.ask(client, "post", "faults", data=body)
        assert (made.status_code, made.json()["remaining"]) == (201, 1)
        hospital.ask("9001", {})
        written()

        (message,) = self.ask(client, "get", "messages?infno=9001").json()

        assert (message["fault"], message["error_code"]) == ("busy", "gateway.platform_busy")
        assert self.ask(client, "get", "faults").json() == []
        assert self.ask(client, "get", "persons").json() == {"persons": []}
        report = self.ask(client, "get", f"acceptance/{hospital.code}").json()
        assert (report["institution"]["code"], report["judgement"]["is_passed"]) == (hospital.code, False)

    def test_what_cannot_be_ordered_is_refused(self, client, sandbox):
        asked = [
            ({"access_point": "/fsi", "kind": "late"}, 422),
            ({"access_point": "/nowhere", "kind": "busy"}, 404),
            ({"access_point": "/fsi", "kind": "busy", "institution": "H99999999999"}, 404),
        ]
        for body, status in asked:
            with nothing_changes():
                assert self.ask(client, "post", "faults", data=body).status_code == status
        with nothing_changes():
            assert self.ask(client, "delete", "faults/999999").status_code == 404
            assert self.ask(client, "post", "faults", name="auditor", data=asked[0][0]).status_code == 403

    def test_without_a_password_nothing_is_told(self, client, sandbox):
        assert client.get("/sandbox/api/v1/messages").status_code == 401


class TestAcceptance:
    def chain(self, hospital):
        """Registration to settlement of one visit, then its reversal by 2601."""
        person = new_person()
        visit = hospital.register(person)
        hospital.expect("2203", hospital.diagnoses(person, visit))
        hospital.charge(person, visit)
        hospital.expect("2206", hospital.bill(person, visit, "1000.00"))
        body = hospital.body("2207", hospital.bill(person, visit, "1000.00"))
        order("lost_after", infno="2207")
        assert hospital.post_bytes(body) == b"{"
        undo = {"psn_no": person.number, "omsgid": json.loads(body)["msgid"], "oinfno": "2207"}
        hospital.expect("2601", {"data": undo})
        written()

    def test_a_chain_with_a_lost_answer_and_its_reversal_is_seen(self, agency, hospital):
        self.chain(hospital)

        report = agency.get(f"/sandbox/acceptance.json?institution={hospital.code}&kind=clinic").json()

        chains = {chain["key"]: chain for chain in report["judgement"]["chains"]}
        assert chains["outpatient_reversed"]["is_done"]
        assert chains["outpatient_settled"]["is_done"]
        assert chains["outpatient_cancelled"]["lacking"] == ["2208"]
        states = {one["infno"]: one["state"] for one in report["judgement"]["transactions"]}
        assert (states["2207"], states["2601"], states["2208"]) == ("performed", "performed", "missing")
        assert not report["judgement"]["is_passed"]

    def test_a_failing_transaction_is_told_with_message_and_reason(self, agency, hospital):
        hospital.ask("2208", {"data": {"setl_id": "1"}})
        failed = written()[-1]

        shown = page(agency, f"acceptance?institution={hospital.code}")

        assert failed.msgid in shown
        assert failed.sentence_zh in shown

    def test_what_the_platform_broke_proves_nothing(self, hospital):
        order("busy")
        order("error_500")
        hospital.ask("1101", {})
        faulty_status = hospital.send("/fsi", hospital.body("1101", {}))[0]
        written()

        assert faulty_status == "500 Internal Server Error"
        assert not Performance.objects.exists()

    def test_an_issued_report_stays_as_it_was(self, agency, hospital):
        self.chain(hospital)
        response = agency.post("/sandbox/acceptance/issue", {"institution": hospital.code, "kind": "clinic"})
        report = AcceptanceReport.objects.get()
        assert response.url == f"/sandbox/acceptance/{report.pk}"

        hospital.ask("9001", {"signIn": {"opter_no": "1", "mac": "m", "ip": "1"}})
        written()
        shown = page(agency, f"acceptance/{report.pk}")

        assert report.digest in shown
        assert (report.is_passed, report.issued_by.user.get_username()) == (False, "agency")
        states = {one["infno"]: one["state"] for one in report.judgement["transactions"]}
        assert states["9001"] == "missing"
        assert latest_pass(institution_id=report.institution_id) is None

    def test_only_the_agency_issues(self, client, hospital):
        for role in ("institution", "auditor", "system"):
            sign_in(client, role)
            with nothing_changes():
                response = client.post("/sandbox/acceptance/issue", {"institution": hospital.code})
            assert response.status_code == 403

    @pytest.mark.parametrize(("language", "word"), [("zh-hans", "验收"), ("en", "Acceptance")])
    def test_it_is_printed_in_both_languages_with_its_own_fonts(self, agency, hospital, language, word):
        hospital.ask("2208", {"data": {"setl_id": "1"}})
        written()

        response = agency.get(
            f"/sandbox/acceptance.pdf?institution={hospital.code}", headers={"accept-language": language}
        )

        assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
        assert response.content.startswith(b"%PDF-")
        assert b"NotoSansSC" in response.content


class TestRecords:
    def test_what_was_performed_is_never_changed(self, sandbox, hospital):
        from django.db import IntegrityError, InternalError, transaction

        hospital.ask("1101", {})
        written()
        assert User.objects.exists()
        for change in (
            lambda: Performance.objects.update(is_performed=True),
            lambda: Performance.objects.all().delete(),
        ):
            with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
                change()

    def test_damage_is_never_done_to_what_is_kept(self):
        assert faulty.damaged(b"{}") == b"{"
