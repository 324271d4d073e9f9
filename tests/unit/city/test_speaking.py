import http.server
import threading
from collections.abc import Iterator

import msgspec
import pytest

from yibao.city import signing
from yibao.city.make import City
from yibao.city.messages import Chart, Patient
from yibao.city.plan import Plan
from yibao.city.player import take
from yibao.city.providers import ACCESS_POINTS, access_of
from yibao.city.signing import headers, moment_of_its_own
from yibao.city.speaker import RefusedError, Speaker, yuan
from yibao.city.tally import Tally
from yibao.city.wire import GatewayAwayError, Wire, reach
from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.codec import decode_input
from yibao.interfaces.gateway.envelope import read_request
from yibao.interfaces.gateway.schemes import SCHEMES, Keyring, KnownKey, SignedRequest

CSB_SIGNATURE = "3hSXZbS4K2+/eptzv9OlGp6dvlo="
PATIENT = Patient("01", "T" * 28, "110000990000000001", "310", "110101")


@pytest.mark.parametrize("scheme", ["none", "csb", "tif"])
def test_the_gateway_accepts_what_the_city_signs(scheme: str) -> None:
    sent = headers(scheme=scheme, access_key="ak", secret="s3cret", infno="2207", milliseconds=1_790_000_000_000)
    key = KnownKey("" if scheme == "none" else "ak", Material("s3cret"), frozenset(("H",)))
    proof = SCHEMES[scheme].verify(SignedRequest(sent, b"{}", 1_790_000_100, 1800), Keyring([key]))
    assert proof.keys == (key,)


def test_no_two_requests_are_signed_at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "_latest", [0])
    assert [moment_of_its_own(70), moment_of_its_own(70), moment_of_its_own(0), moment_of_its_own(90)] == [
        70,
        71,
        72,
        90,
    ]


def test_the_csb_signature_is_the_published_one() -> None:
    # s = "_api_access_key=AK&_api_name=1101&_api_timestamp=1721789415000&_api_version=1.0.0", computed with openssl dgst -sha1 -hmac
    sent = headers(scheme="csb", access_key="AK", secret="SK", infno="1101", milliseconds=1_721_789_415_000)
    assert sent["_api_timestamp"] == "1721789415000"
    assert sent["_api_signature"] == CSB_SIGNATURE


def test_amounts_are_numbers_with_two_decimals() -> None:
    assert [bytes(yuan(fen)) for fen in (0, 5, 1230, -99)] == [b"0.00", b"0.05", b"12.30", b"-0.99"]


def test_every_message_of_every_kind_of_visit_is_read_by_the_gateway(city: City, plan: Plan) -> None:
    seen = set()
    for visit in (visit for year in take(plan, start=0, visits=400).years for visit in year):
        chart = Chart(city, visit)
        inputs = {"2201": chart.registration(PATIENT), "2203": chart.diagnoses(PATIENT, "1")}
        if visit.care == "inpatient":
            inputs = {
                "2401": chart.admission(PATIENT),
                "2301": chart.inpatient_fees(PATIENT, "1", first=0, most=100),
                "2402": chart.discharge(PATIENT, "1"),
                "2303": chart.settlement(PATIENT, "1"),
                "2304": chart.settlement(PATIENT, "1"),
            }
        else:
            inputs |= {
                "2204": chart.outpatient_fees(PATIENT, "1"),
                "2206": chart.settlement(PATIENT, "1"),
                "2207": chart.settlement(PATIENT, "1"),
            }
        for infno, data in inputs.items():
            assert decode_input(infno, msgspec.json.encode(data))
        seen.add(visit.care)
    assert seen == {"outpatient", "chronic", "pharmacy", "inpatient"}


class _Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what the test wants; HTTP/1.1 keeps connections open."""

    protocol_version = "HTTP/1.1"
    answer = b"{}"
    seen: list[tuple[str, bytes, int]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, body, self.client_address[1]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[str]:
    _Echo.seen.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_connection_is_kept_and_opened_anew_after_hanging_up(gateway: str) -> None:
    wire = Wire(gateway)
    wire.post("/a", b"1", {})
    wire.post("/a", b"2", {})
    wire.post_and_hang_up("/a", b"3", {})
    wire.post("/a", b"4", {})
    wire.close()
    ports = {body: port for _, body, port in _Echo.seen}
    assert ports[b"1"] == ports[b"2"] != ports[b"4"]
    assert set(ports) == {b"1", b"2", b"3", b"4"}


def test_nobody_at_the_address_is_said_clearly() -> None:
    with pytest.raises(GatewayAwayError):
        Wire("http://127.0.0.1:9").post("/", b"", {})
    with pytest.raises(GatewayAwayError):
        reach("http://127.0.0.1:9")


def test_an_institution_speaks_as_its_access_point_wants(city: City, gateway: str) -> None:
    for access in range(len(ACCESS_POINTS)):
        provider = next(p for p in city.providers if p.access == access)
        wire, tally = Wire(gateway), Tally()
        speaker = Speaker(provider, wire, tally, lambda _: "12345", region=city.region)
        message = speaker.message("1101", {"data": {"certno": "1"}}, division="110101")
        envelope = read_request(message.body, path=message.path)
        assert (envelope.infno, envelope.fixmedins_code, envelope.sign_no) == ("1101", provider.code, "12345")
        assert len(message.msgid) == 30
        assert message.path.startswith(access_of(access, city.region).prefix)
        code = '"0"' if ACCESS_POINTS[access].infcode_type == "string" else "0"
        _Echo.answer = f'{{"infcode":{code},"output":{{"x":1.50}}}}'.encode()
        assert speaker.output(message, speaker.send(message)) == {"x": "1.50"}
        assert len(tally.seconds["1101"]) == 1
        _Echo.answer = b'{"infcode":-1,"err_msg":"no","output":null}'
        with pytest.raises(RefusedError) as refused:
            speaker.output(message, speaker.send(message))
        assert refused.value.facts["reason"] == "no"
        wire.close()


def test_numbers_of_messages_are_unique(city: City) -> None:
    speaker = Speaker(city.providers[0], Wire("http://127.0.0.1:9"), Tally(), lambda _: "", region=city.region)
    numbers = [speaker.message("9001", {}).msgid for _ in range(500)]
    assert len(set(numbers)) == 500
