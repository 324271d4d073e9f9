"""A hospital's system as the tests drive it: it builds messages as a HIS does and posts them at the gateway's door."""

import io
import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

from yibao.domains.messages.keys import Material
from yibao.interfaces.gateway.schemes import SCHEMES

from .sum_rules import check_fee_answer, check_settlement_answer

BEIJING = timezone(timedelta(hours=8))
_sequence = itertools.count(1)
_latest_ms = [0]


def next_ms():
    """The time in milliseconds; no two messages have the same, as a careful system sees to."""
    _latest_ms[0] = max(_latest_ms[0] + 1, int(datetime.now(BEIJING).timestamp() * 1000))
    return _latest_ms[0]


def post(path, body, *, headers=None, content_type="application/json", application=None):
    """Post bytes at the door of this process, or at another application, and give status and body."""
    if application is None:
        from yibao.interfaces.server.wsgi import application

    seen = {}
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()},
    }
    chunks = application(environ, lambda status, _headers: seen.update(status=status))
    return seen["status"], b"".join(chunks)


def accepted(infno, answer):
    """The output of an answer that must be a success and keep the sum rules."""
    parsed = json.loads(answer)
    assert parsed["infcode"] in {0, "0"}, parsed["err_msg"]
    assert (parsed["err_msg"], len(parsed["inf_refmsgid"])) == (None, 30)
    check_settlement_answer(answer)
    if infno in {"2204", "2301"}:
        check_fee_answer(answer)
    return parsed["output"]


def refused(answer):
    """The sentence of an answer that must be a refusal in the documented shape."""
    parsed = json.loads(answer)
    assert parsed["infcode"] in {-1, "-1"}, parsed
    assert (parsed["output"], parsed["inf_refmsgid"], parsed["warn_msg"]) == (None, None, None)
    assert len(parsed["refmsg_time"]) == len(parsed["respond_time"]) == 17
    assert 0 < len(parsed["err_msg"]) <= 200
    assert any("\u4e00" <= character <= "\u9fff" for character in parsed["err_msg"])
    return parsed["err_msg"]


@dataclass
class Hospital:
    """One institution; `ask` sends a transaction and gives the parsed answer."""

    code: str = "H11010100001"
    name: str = "测试医院"
    path: str = "/fsi"
    division: str = "110101"
    send: object = None
    scheme: str = "none"
    sent: list = field(default_factory=list)

    def new_msgid(self):
        return f"{self.code}{datetime.now(BEIJING):%Y%m%d%H%M%S}{next(_sequence) % 10000:04d}"

    def envelope(self, infno, node, *, msgid=None, insuplc="110000", **changes):
        """The envelope of a request as a dict."""
        return {
            "infno": infno,
            "msgid": msgid or self.new_msgid(),
            "mdtrtarea_admvs": self.division,
            "insuplc_admdvs": insuplc,
            "recer_sys_code": "FSI_LOCAL",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "op1",
            "opter_name": "测试操作员",
            "inf_time": f"{datetime.now(BEIJING):%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self.code,
            "fixmedins_name": self.name,
            "sign_no": "",
            "input": node,
            **changes,
        }

    def body(self, infno, node, **changes):
        """The bytes of a request."""
        return json.dumps(self.envelope(infno, node, **changes), ensure_ascii=False).encode()

    def headers(self, body):
        """The headers by which this institution signs, as the small town knows its keys; none without a scheme."""
        return (
            SCHEMES[self.scheme]
            .sign(
                body,
                access_key=f"key-{self.code}",
                material=Material(f"secret-{self.code}"),
                now_ms=next_ms(),
                api_name="2207",
            )
            .headers
        )

    def post_bytes(self, body, **options):
        """Send bytes, keep them, give the answer's bytes."""
        self.sent.append(body)
        if self.scheme != "none":
            options = {"headers": self.headers(body), **options}
        status, answer = (self.send or post)(self.path, body, **options)
        assert status.startswith("200"), (status, answer[:500])
        return answer

    def ask(self, infno, node, **changes):
        """Send a transaction and give the parsed answer, whatever its infcode."""
        return json.loads(self.post_bytes(self.body(infno, node, **changes)))

    def expect(self, infno, node, **changes):
        """Send a transaction that must succeed, check the sum rules, and give its output."""
        answer = self.post_bytes(self.body(infno, node, **changes))
        return accepted(infno, answer)

    def refuse(self, infno, node, **changes):
        """Send a transaction that must be refused and give its sentence."""
        return refused(self.post_bytes(self.body(infno, node, **changes)))

    # What a HIS does, step by step.

    def register(self, person, *, number=None, at="2026-11-10 09:00:00", insutype="310", **changes):
        """2201; gives the mdtrt_id."""
        return self.expect(
            "2201", {"data": self.registration(person, number=number, at=at, insutype=insutype)}, **changes
        )["data"]["mdtrt_id"]

    def registration(self, person, *, number=None, at="2026-11-10 09:00:00", insutype="310"):
        """The input of 2201."""
        return {
            "psn_no": person.number,
            "insutype": insutype,
            "begntime": at,
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.document_number,
            "ipt_otp_no": number or f"OP{next(_sequence)}",
            "atddr_no": "D110101000001",
            "dr_name": "测试医师",
            "dept_code": "A01",
            "dept_name": "内科",
            "caty": "A03",
        }

    def line(
        self,
        person,
        visit,
        *,
        item="XA01",
        quantity="1",
        price="100.00",
        batch="B1",
        number=None,
        at="2026-11-10 09:30:00",
        **changes,
    ):
        """One row of 2204; quantity and price are text so that the amount is exact."""
        amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return {
            "feedetl_sn": number or f"L{next(_sequence)}",
            "mdtrt_id": visit,
            "psn_no": person.number,
            "chrg_bchno": batch,
            "med_type": "21",
            "rx_circ_flag": "0",
            "fee_ocur_time": at,
            "med_list_codg": item,
            "medins_list_codg": item,
            "cnt": quantity,
            "pric": price,
            "det_item_fee_sumamt": str(amount),
            "bilg_dept_codg": "A01",
            "bilg_dept_name": "内科",
            "bilg_dr_codg": "D110101000001",
            "bilg_dr_name": "测试医师",
            "hosp_appr_flag": "1",
            **changes,
        }

    def charge(self, person, visit, total="1000.00", *, batch="B1", item="XA01"):
        """2204 with one line of this amount."""
        return self.expect("2204", {"feedetail": [self.line(person, visit, price=total, batch=batch, item=item)]})

    def diagnoses(self, person, visit, *, med_type="11"):
        """The input of 2203."""
        return {
            "mdtrtinfo": {
                "mdtrt_id": visit,
                "psn_no": person.number,
                "med_type": med_type,
                "begntime": "2026-11-10 09:00:00",
                "main_cond_dscr": "咳嗽",
            },
            "diseinfo": [self.diagnosis(person)],
        }

    def bill(self, person, visit, total="1000.00", *, batch="B1", account="0", insutype="310"):
        """The input of 2206 and 2207."""
        return {
            "data": {
                "psn_no": person.number,
                "mdtrt_cert_type": "02",
                "mdtrt_cert_no": person.document_number,
                "med_type": "11",
                "medfee_sumamt": total,
                "psn_setlway": "01",
                "mdtrt_id": visit,
                "chrg_bchno": batch,
                "insutype": insutype,
                "acct_used_flag": account,
                "invono": "INV1",
            }
        }

    def settle(self, person, visit, total="1000.00", **options):
        """2207; gives setlinfo."""
        return self.expect("2207", self.bill(person, visit, total, **options))["setlinfo"]

    def visit(self, person, total="1000.00", *, account="0", insutype="310", at="2026-11-10 09:00:00"):
        """A whole outpatient visit; gives (mdtrt_id, setlinfo)."""
        visit = self.register(person, insutype=insutype, at=at)
        self.charge(person, visit, total)
        return visit, self.settle(person, visit, total, account=account, insutype=insutype)

    def reversal(self, person, visit, settlement):
        """The input of 2208 and 2305."""
        return {"data": {"psn_no": person.number, "mdtrt_id": visit, "setl_id": settlement}}

    def admit(self, person, *, at="2026-11-01 10:00:00", number=None, insutype="310"):
        """2401; gives the mdtrt_id."""
        return self.expect("2401", self.admission(person, at=at, number=number, insutype=insutype))["result"][
            "mdtrt_id"
        ]

    def admission(self, person, *, at="2026-11-01 10:00:00", number=None, insutype="310"):
        """The input of 2401."""
        return {
            "mdtrtinfo": {
                "psn_no": person.number,
                "insutype": insutype,
                "begntime": at,
                "mdtrt_cert_type": "02",
                "mdtrt_cert_no": person.document_number,
                "med_type": "21",
                "ipt_no": number or f"IP{next(_sequence)}",
                "atddr_no": "D110101000001",
                "chfpdr_name": "测试医师",
                "adm_diag_dscr": "肺炎",
                "adm_dept_codg": "A01",
                "adm_dept_name": "内科",
                "adm_bed": "12",
                "dscg_maindiag_code": "J18.900",
                "dscg_maindiag_name": "肺炎",
            },
            "diseinfo": [self.diagnosis(person)],
        }

    def diagnosis(self, person):
        """One row of diseinfo."""
        return {
            "psn_no": person.number,
            "diag_type": "1",
            "maindiag_flag": "1",
            "diag_srt_no": "1",
            "diag_code": "J18.900",
            "diag_name": "肺炎",
            "adm_cond": "1",
            "diag_dept": "A01",
            "dise_dor_no": "D110101000001",
            "dise_dor_name": "测试医师",
            "diag_time": "2026-11-01 11:00:00",
            "vali_flag": "1",
        }

    def discharge(self, person, visit, *, at="2026-11-09 10:00:00", insutype="310"):
        """2402."""
        self.expect("2402", self.discharge_input(person, visit, at=at, insutype=insutype))

    def discharge_input(self, person, visit, *, at="2026-11-09 10:00:00", insutype="310"):
        """The input of 2402."""
        return {
            "dscginfo": {
                "mdtrt_id": visit,
                "psn_no": person.number,
                "insutype": insutype,
                "endtime": at,
                "dscg_dept_codg": "A01",
                "dscg_dept_name": "内科",
                "dscg_bed": "12",
                "dscg_way": "1",
            },
            "diseinfo": [self.diagnosis(person)],
        }

    def stay_bill(self, person, visit, total, *, account="0", midway="0", insutype="310"):
        """The input of 2303 and 2304."""
        return {
            "data": {
                "psn_no": person.number,
                "mdtrt_cert_type": "02",
                "mdtrt_cert_no": person.document_number,
                "medfee_sumamt": total,
                "psn_setlway": "01",
                "mdtrt_id": visit,
                "insutype": insutype,
                "acct_used_flag": account,
                "mid_setl_flag": midway,
                "invono": "INV2",
            }
        }

    def ward_charge(self, person, visit, total, *, at="2026-11-02 10:00:00", item="XA01"):
        """2301 with one line of this amount."""
        return self.expect("2301", {"feedetail": [self.line(person, visit, price=total, item=item, at=at)]})

    def stay(self, person, total="20000.00", *, at="2026-11-01 10:00:00", until="2026-11-09 10:00:00", insutype="310"):
        """A whole inpatient stay; gives (mdtrt_id, setlinfo)."""
        visit = self.admit(person, at=at, insutype=insutype)
        self.ward_charge(person, visit, total, at=at)
        self.discharge(person, visit, at=until, insutype=insutype)
        return visit, self.expect("2304", self.stay_bill(person, visit, total, insutype=insutype))["setlinfo"]
