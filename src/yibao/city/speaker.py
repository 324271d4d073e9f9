"""An institution's system at the gateway: envelope, message number, signature, answer."""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec

from yibao.city.providers import Provider, access_of
from yibao.city.region import CityRegion
from yibao.city.signing import headers, moment_of_its_own
from yibao.city.tally import Tally
from yibao.city.wire import Wire
from yibao.core.errors import YibaoError

BEIJING: Final = ZoneInfo("Asia/Shanghai")
OPERATOR: Final = "1001"
_serials: Final = itertools.count(time.time_ns() // 1_000_000 % 10_000)
_decoder: Final = msgspec.json.Decoder(float_hook=str)


class RefusedError(YibaoError):
    """The gateway refused a message; its sentence says why."""

    code: ClassVar[str] = "city.refused"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was or will be sent: transaction, number, path, headers, bytes."""

    infno: str
    msgid: str
    path: str
    headers: dict[str, str]
    body: bytes


def yuan(amount_fen: int) -> msgspec.Raw:
    """An amount as a JSON number of yuan with two decimals."""
    sign, size = ("-", -amount_fen) if amount_fen < 0 else ("", amount_fen)
    return msgspec.Raw(f"{sign}{size // 100}.{size % 100:02d}".encode())


def moment(value: datetime) -> str:
    """A moment as the interface writes it."""
    return value.strftime("%Y-%m-%d %H:%M:%S")


class Speaker:
    """Speaks for one institution over a connection, and notes how long answers take."""

    def __init__(
        self,
        provider: Provider,
        wire: Wire,
        tally: Tally,
        sign_no: Callable[["Speaker"], str],
        *,
        region: CityRegion,
    ) -> None:
        self.provider = provider
        self._wire = wire
        self._tally = tally
        self._access = access_of(provider.access, region)
        self._region = region.code
        self._sign_no = sign_no

    def message(self, infno: str, data: Mapping[str, Any], *, division: str = "") -> Message:
        """Write a message; `division` is where the person is insured, empty where nobody is named."""
        now = datetime.now(BEIJING)
        msgid = f"{self.provider.code}{now:%Y%m%d%H%M%S}{next(_serials) % 10_000:04d}"
        envelope = {
            "infno": infno,
            "msgid": msgid,
            "mdtrtarea_admvs": self._region,
            "insuplc_admdvs": division,
            "recer_sys_code": "FSI_LOCAL",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": OPERATOR,
            "opter_name": "收费员",
            "inf_time": moment(now),
            "fixmedins_code": self.provider.code,
            "fixmedins_name": self.provider.name,
            "sign_no": "" if infno == "9001" else self._sign_no(self),
            "input": data,
        }
        signed = headers(
            scheme=self._access.scheme,
            access_key=self.provider.access_key,
            secret=self.provider.secret,
            infno=infno,
            milliseconds=moment_of_its_own(int(now.timestamp() * 1000)),
        )
        return Message(infno, msgid, self._path(infno), signed, msgspec.json.encode(envelope))

    def send(self, message: Message) -> bytes:
        """Send a message and give the bytes of its answer."""
        begun = time.perf_counter()
        answer = self._wire.post(message.path, message.body, message.headers)
        self._tally.time(message.infno, time.perf_counter() - begun)
        return answer

    def lose(self, message: Message) -> None:
        """Send a message whose answer never arrives."""
        self._wire.post_and_hang_up(message.path, message.body, message.headers)

    def ask(self, infno: str, data: Mapping[str, Any], *, division: str = "") -> Any:
        """Send a message and give the `output` of its answer.

        :raises RefusedError: the answer's infcode is not 0.
        """
        message = self.message(infno, data, division=division)
        return self.output(message, self.send(message))

    def output(self, message: Message, answer: bytes) -> Any:
        """The `output` of an answer, numbers with decimals as text.

        :raises RefusedError: the answer's infcode is not 0, or of another JSON type than this access point promises.
        """
        content = _decoder.decode(answer)
        infcode = content.get("infcode")
        if infcode != ("0" if self._access.infcode_type == "string" else 0) or isinstance(infcode, bool):
            reason = content.get("err_msg") or content.get("message")
            raise RefusedError(infno=message.infno, msgid=message.msgid, infcode=infcode, reason=reason)
        return content["output"]

    def _path(self, infno: str) -> str:
        """Where a transaction is posted, by the habit of the access point."""
        added = {"call_service": "/callService", "single": "", "infno": f"/{infno}"}[self._access.path]
        return self._access.prefix + added
