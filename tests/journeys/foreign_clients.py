"""Two clients as others write them for the real platform: they share nothing with each other nor with yibao's own code.

One sends numbers as numbers, appends the transaction to the address and signs by x-tif. The other sends every value as
text, the input as a JSON string in text/plain, the word null for what it does not know, signs by CSB, and sends the same
bytes again when no answer comes.
"""

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime, timedelta, timezone

CLOCK = timezone(timedelta(hours=8))


class LostAnswerError(Exception):
    """The network took the answer away."""


class NumbersClient:
    """A cashier's desk in the manner of a C# program: JSON numbers, one address per transaction."""

    def __init__(self, line, code, key, token):
        self.line, self.code, self.key, self.token = line, code, key, token
        self.count, self.sign_no, self.latest = 0, "", ""

    def call(self, infno, node, region=""):
        self.count += 1
        now = datetime.now(CLOCK)
        request = dict(  # noqa: C408  # the way this client writes it
            infno=infno, msgid=f"{self.code}{now:%Y%m%d%H%M%S}{self.count:04d}", mdtrtarea_admvs="110101",
            insuplc_admdvs=region, recer_sys_code="SY", dev_no="", dev_safe_info="", cainfo="", signtype="",
            infver="V1.0", opter_type="1", opter="mks", opter_name="窗口一", inf_time=f"{now:%Y-%m-%d %H:%M:%S}",
            fixmedins_code=self.code, fixmedins_name="甲医院", sign_no=self.sign_no, input=node,
        )  # fmt: skip
        self.latest = request["msgid"]
        stamp, nonce = str(int(time.time())), f"{time.time_ns()}"
        signature = hashlib.sha256((stamp + self.token + nonce + stamp).encode()).hexdigest()
        headers = {
            "x-tif-paasid": self.key,
            "x-tif-timestamp": stamp,
            "x-tif-nonce": nonce,
            "x-tif-signature": signature,
        }
        body = json.dumps(request, ensure_ascii=False).encode()
        content = self.line(f"/ebus/bj/{infno}", body, headers, "application/json")
        if not content.startswith(b"{"):
            return content
        answer = json.loads(content)
        if answer["infcode"] not in (0, "0"):
            raise RuntimeError(answer.get("err_msg"))
        return answer["output"]


class TextClient:
    """A pharmacy-like script: everything is text, and it tries again by itself."""

    def __init__(self, line, code, key, secret):
        self.line, self.code, self.key, self.secret = line, code, key, secret
        self.count, self.attempts, self.latest = 0, 0, ""

    def call(self, infno, node, region="null"):
        self.count += 1
        now = datetime.now(CLOCK)
        request = {
            "infno": infno,
            "msgid": f"{self.code}{now:%Y%m%d%H%M%S}{9999 - self.count}",
            "mdtrtarea_admvs": "110101",
            "insuplc_admdvs": region,
            "recer_sys_code": "99",
            "dev_no": "null",
            "dev_safe_info": "null",
            "cainfo": "null",
            "signtype": "null",
            "infver": "1.0.0",
            "opter_type": "1",
            "opter": "07",
            "opter_name": "null",
            "inf_time": now.strftime("%Y-%m-%d %H:%M:%S"),
            "fixmedins_code": self.code,
            "fixmedins_name": "乙医院",
            "sign_no": "sign_no",
            "serv_code": "unknown member",
            "input": json.dumps(textual(node), ensure_ascii=False),
        }
        self.latest = request["msgid"]
        body = json.dumps(request, ensure_ascii=False).encode()
        for _ in range(4):
            self.attempts += 1
            try:
                content = self.line("/CSB", body, self.signed(infno), "text/plain;charset=utf-8")
                break
            except LostAnswerError:
                time.sleep(0.01)
        if not content.startswith(b"{"):
            return content
        answer = json.loads(content)
        if str(answer["infcode"]) != "0":
            raise RuntimeError(answer.get("err_msg"))
        return answer["output"]

    def signed(self, infno):
        parts = {
            "_api_access_key": self.key,
            "_api_name": infno,
            "_api_timestamp": str(time.time_ns() // 1_000_000),
            "_api_version": "1.0.0",
        }
        text = "&".join(f"{name}={parts[name]}" for name in sorted(parts))
        mac = hmac.new(self.secret.encode(), text.encode(), "sha1").digest()
        return {**parts, "_api_signature": base64.b64encode(mac).decode()}


def textual(value):
    """Every value as text, nothing as the word null."""
    if isinstance(value, dict):
        return {name: textual(each) for name, each in value.items()}
    if isinstance(value, list):
        return [textual(each) for each in value]
    return "null" if value is None or value == "" else str(value)
