"""One institution's connection to the gateway: envelope, message number, signature, sending again, answer."""

import http.client
import itertools
import json
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from yibao.client.sealing import Sealed
from yibao.client.signing import Signer, unsigned

BEIJING: Final = timezone(timedelta(hours=8))
RETRIES: Final = 3
TIMEOUT_SECONDS: Final = 30.0
PATH: Final = "/fsi/api/rsfComIfsService/callService"


class NoAnswerError(Exception):
    """No answer came after all attempts; whether the message was carried out is unknown: reverse it by 2601."""

    def __init__(self, infno: str, msgid: str) -> None:
        """Keep what 2601 needs: the transaction and the message number."""
        self.infno, self.msgid = infno, msgid
        super().__init__(f"{infno} {msgid}")


class RefusedError(Exception):
    """The platform refused: its sentence in `message`, the whole answer in `answer`."""

    def __init__(self, infno: str, answer: Mapping[str, Any]) -> None:
        """Keep the sentence and the answer."""
        self.infno, self.answer = infno, answer
        self.message = str(answer.get("err_msg") or answer.get("message") or answer)
        super().__init__(f"{infno}: {self.message}")


@dataclass(frozen=True, slots=True)
class Institution:
    """Who speaks: code and name of the institution, its division, the operator."""

    code: str
    name: str
    division: str
    operator: str = "001"
    operator_name: str = "001"


class Sender:
    """Sends messages; `send` is what every transaction of `Client` goes through."""

    def __init__(
        self,
        url: str,
        institution: Institution,
        *,
        signer: Signer = unsigned,
        path: str = PATH,
        timeout_seconds: float = TIMEOUT_SECONDS,
        sealed: Sealed | None = None,
    ) -> None:
        """Speak to the access point at `url` (scheme, host, port and prefix); `path` is what stands behind the prefix.

        With `sealed` it speaks the envelope of prescriptions and mobile payment, there by the number of the transaction.
        """
        parts = urllib.parse.urlsplit(url)
        self._secure, self._host = parts.scheme == "https", parts.netloc
        self._prefix, self._path, self._sealed = parts.path.rstrip("/"), parts.path.rstrip("/") + path, sealed
        self.institution, self._signer, self._timeout = institution, signer, timeout_seconds
        self._serials = itertools.count(1)
        self.sign_no = ""

    def message_number(self) -> str:
        """A new message number: institution, moment, serial."""
        now = datetime.now(BEIJING)
        return f"{self.institution.code}{now:%Y%m%d%H%M%S}{next(self._serials) % 10_000:04d}"

    def send(self, infno: str, data: Mapping[str, Any], *, insured_in: str = "", msgid: str | None = None) -> Any:
        """Send the input of a transaction and give the output of its answer, decimal numbers as `Decimal`.

        A request without an answer is sent again with the same number and the same bytes, which the platform carries out
        once. `insured_in` is the division of the person's enrolment, needed as soon as the input names a person.
        :raises RefusedError: the platform refused it.
        :raises NoAnswerError: no answer came.
        """
        if self._sealed is not None:
            return self._send_sealed(self._sealed, infno, data)
        number = msgid or self.message_number()
        body = json.dumps(self._envelope(infno, number, data, insured_in), ensure_ascii=False, default=_plain).encode()
        answer = json.loads(self._post(infno, number, body), parse_float=Decimal)
        if str(answer.get("infcode")) != "0":
            raise RefusedError(infno, answer)
        return answer.get("output")

    def _send_sealed(self, sealed: Sealed, infno: str, data: Mapping[str, Any]) -> Any:
        """Send a business object, whose own fields are those of the node `data`."""
        inner = {**data.get("data", {}), **{name: node for name, node in data.items() if name != "data"}}
        body = sealed.seal(inner, milliseconds=int(datetime.now(UTC).timestamp() * 1000))
        answer = json.loads(self._post(infno, "", body, path=f"{self._prefix}/{infno}"))
        if answer.get("code") != 0:
            raise RefusedError(infno, answer)
        opened = sealed.open(answer)
        return {"data": opened} if infno.startswith("6") else opened

    def _envelope(self, infno: str, msgid: str, data: Mapping[str, Any], insured_in: str) -> dict[str, Any]:
        """The envelope around an input."""
        who = self.institution
        return {
            "infno": infno,
            "msgid": msgid,
            "mdtrtarea_admvs": who.division,
            "insuplc_admdvs": insured_in,
            "recer_sys_code": "FSI_LOCAL",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": who.operator,
            "opter_name": who.operator_name,
            "inf_time": datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "fixmedins_code": who.code,
            "fixmedins_name": who.name,
            "sign_no": self.sign_no,
            "input": data,
        }

    def _post(self, infno: str, msgid: str, body: bytes, *, path: str | None = None) -> bytes:
        """Post the bytes, again when no answer comes."""
        moment = int(datetime.now(UTC).timestamp() * 1000)
        headers = {
            "Content-Type": "application/json;charset=UTF-8",
            **self._signer(infno=infno, body=body, milliseconds=moment),
        }
        for attempt in range(RETRIES):
            try:
                return self._once(body, headers, path or self._path)
            except (OSError, http.client.HTTPException):
                time.sleep(0.2 * 2**attempt)
        raise NoAnswerError(infno, msgid)

    def _once(self, body: bytes, headers: Mapping[str, str], path: str) -> bytes:
        """One attempt.

        :raises OSError, http.client.HTTPException: no whole answer came.
        """
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, timeout=self._timeout)
        try:
            connection.request("POST", path, body=body, headers=dict(headers))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status >= http.client.INTERNAL_SERVER_ERROR:
            raise http.client.HTTPException(str(response.status))
        return content


def _plain(value: object) -> Any:
    """What JSON has no form for: decimals keep their digits as text."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(value)
