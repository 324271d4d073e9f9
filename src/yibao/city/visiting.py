"""Play one visit through the gateway as a hospital's or pharmacy's system does, and check every answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yibao.city.checks import amounts, fen, line_faults, reversal_faults, settlement_faults
from yibao.city.make import City
from yibao.city.messages import Chart, Patient
from yibao.city.people import SCHEME_CODES
from yibao.city.plan import PlannedVisit
from yibao.city.speaker import Message, Speaker, moment
from yibao.city.tally import Tally

MOST_LINES: Final = 100
"""Fee lines in one upload; most provinces take no more."""

LOOKED_UP: Final = {
    "medfee_sumamt": "medfee_sumamt",
    "fund_pay_sumamt": "fund_pay_sumamt",
    "psn_pay": "psn_part_amt",
    "acct_pay": "acct_pay",
    "cash_payamt": "psn_cash_pay",
}
"""What 5203 calls the sums of a settlement."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The transactions of a kind of care: trial, settlement, reversal."""

    trial: str
    settlement: str
    reversal: str


OUTPATIENT: Final = Numbers("2206", "2207", "2208")
INPATIENT: Final = Numbers("2303", "2304", "2305")


class Visiting:
    """One visit on its way through the gateway."""

    def __init__(self, city: City, visit: PlannedVisit, speaker: Speaker, tally: Tally) -> None:
        self.city = city
        self.visit = visit
        self.chart = Chart(city, visit)
        self._speaker = speaker
        self._tally = tally
        self._numbers = INPATIENT if visit.care == "inpatient" else OUTPATIENT
        self._patient: Patient
        self._mdtrt_id = ""

    def play(self) -> None:
        """Play the visit from the counter to the last settlement.

        :raises RefusedError: the gateway refused something that it must accept.
        :raises GatewayAwayError: nothing answers.
        """
        balance_fen = self._identify()
        if self.visit.care == "inpatient":
            self._bring_to_bed()
        else:
            self._bring_to_clinic()
        habits = self.visit.habits
        tried = self._try() if habits.trial or habits.only_trial else None
        if habits.only_trial and self.visit.care != "inpatient":
            self._leave()
            self._tally.count("left after a trial")
            return
        settled = self._settle(tried)
        if fen(settled["balc"]) != balance_fen - fen(settled["acct_pay"]):
            self._wrong(f"balance {settled['balc']} after {balance_fen} fen and a payment of {settled['acct_pay']}")
        if habits.reversed:
            settled = self._reverse(settled)
        if habits.asks_settlement and settled:
            self._look_up(settled)
        if habits.asks_accumulators:
            self._ask("5206", {"data": {"psn_no": self._patient.number, "cum_ym": f"{self.visit.ended:%Y%m}"}})
            self._tally.count("accumulators asked for")

    def _identify(self) -> int:
        """1101: who stands at the counter; the balance of the account in fen."""
        person = self.visit.person
        kind = "01" if person % 5 else "02"
        number = self.city.tokens[person] if kind == "01" else self.city.identity_numbers[person]
        output = self._speaker.ask(
            "1101",
            {
                "data": {
                    "mdtrt_cert_type": kind,
                    "mdtrt_cert_no": number,
                    "begntime": moment(self.visit.began),
                    "psn_cert_type": "01" if kind == "02" else "",
                    "certno": number if kind == "02" else "",
                    "psn_name": self.city.names[person],
                }
            },
        )
        scheme = SCHEME_CODES[self.city.population.scheme[person]]
        insured = next((row for row in output["insuinfo"] if row["insutype"] == scheme), None)
        if insured is None or output["baseinfo"]["certno"] != self.city.identity_numbers[person]:
            self._wrong("1101 does not know this person's insurance")
        division = insured["insuplc_admdvs"] if insured else self.city.district_of(person)
        self._patient = Patient(kind, number, output["baseinfo"]["psn_no"], scheme, division)
        return fen(insured["balc"]) if insured else 0

    def _bring_to_clinic(self) -> None:
        """2201, 2203 (not in a pharmacy), 2204; a chronic disease is recognised before its first visit."""
        if self.chart.is_chronic:
            self._have_recognised()
        self._mdtrt_id = self._ask("2201", self.chart.registration(self._patient))["data"]["mdtrt_id"]
        if self.visit.care != "pharmacy":
            self._ask("2203", self.chart.diagnoses(self._patient, self._mdtrt_id))
        rows = self._ask("2204", self.chart.outpatient_fees(self._patient, self._mdtrt_id))["result"]
        self._report(line_faults(rows, self.chart.sent_lines(self.visit.lines)))

    def _have_recognised(self) -> None:
        """5301, and 2503 where the disease is not recognised yet."""
        known = self._ask("5301", {"data": {"psn_no": self._patient.number}})["feedetail"]
        if not any(row["opsp_dise_code"] == self.chart.disease[0] for row in known):
            self._ask("2503", self.chart.recognition(self._patient))
            self._tally.count("diseases recognised")

    def _bring_to_bed(self) -> None:
        """2401, the stay's lines by 2301, a trial on the way, 2402."""
        self._mdtrt_id = self._ask("2401", self.chart.admission(self._patient))["result"]["mdtrt_id"]
        for first in range(0, len(self.visit.lines), MOST_LINES):
            sent = self.chart.inpatient_fees(self._patient, self._mdtrt_id, first=first, most=MOST_LINES)
            rows = self._ask("2301", sent)["result"]
            lines = self.visit.lines[first : first + MOST_LINES]
            self._report(line_faults(rows, self.chart.sent_lines(lines, first=first)))
        self._ask("2402", self.chart.discharge(self._patient, self._mdtrt_id))

    def _try(self) -> dict[str, int]:
        """2206, 2303: what it would come to."""
        message = self._message(self._numbers.trial, self.chart.settlement(self._patient, self._mdtrt_id))
        info = self._checked(message, self._speaker.send(message), is_trial=True)
        self._tally.count("trials")
        return amounts(info)

    def _settle(self, tried: dict[str, int] | None) -> Mapping[str, Any]:
        """2207, 2304; now and then the answer is lost or the same bytes are sent again."""
        message = self._message(self._numbers.settlement, self.chart.settlement(self._patient, self._mdtrt_id))
        habits = self.visit.habits
        if habits.lost:
            message = self._after_a_lost_answer(message)
        answer = self._speaker.send(message)
        info = self._checked(message, answer, is_trial=False)
        if tried is not None and amounts(info) != tried:
            self._wrong("the settlement is not what the trial said")
        if habits.resent:
            if self._speaker.send(message) != answer:
                self._wrong("a repeated message got other bytes")
            self._tally.count("repeats")
        self._tally.count("settled")
        self._tally.count(f"settled {self.visit.care}")
        return info

    def _after_a_lost_answer(self, message: Message) -> Message:
        """Send and hang up; then the same message again, or 2601 and a new message: the one to be sent now."""
        self._speaker.lose(message)
        self._tally.count("lost answers")
        if not self.visit.habits.undone:
            return message
        undo = {"data": {"psn_no": self._patient.number, "omsgid": message.msgid, "oinfno": message.infno}}
        self._ask("2601", undo)
        self._tally.count("undone by 2601")
        return self._message(self._numbers.settlement, self.chart.settlement(self._patient, self._mdtrt_id))

    def _reverse(self, settled: Mapping[str, Any]) -> Mapping[str, Any]:
        """2208, 2305; half of the outpatients leave then, the others are settled anew."""
        data = {"data": {"setl_id": settled["setl_id"], "mdtrt_id": self._mdtrt_id, "psn_no": self._patient.number}}
        output = self._ask(self._numbers.reversal, data)
        self._report(reversal_faults(output["setlinfo"], settled))
        self._tally.count("reversals")
        if self.visit.care != "inpatient" and self.visit.practitioner % 2:
            self._leave()
            return {}
        message = self._message(self._numbers.settlement, self.chart.settlement(self._patient, self._mdtrt_id))
        again = self._checked(message, self._speaker.send(message), is_trial=False)
        if amounts(again) != amounts(settled):
            self._wrong("settled anew after a reversal, the amounts are others")
        self._tally.count("settled")
        self._tally.count(f"settled {self.visit.care}")
        return again

    def _leave(self) -> None:
        """2205, 2202: the lines are withdrawn and the registration cancelled."""
        whose = {"mdtrt_id": self._mdtrt_id, "psn_no": self._patient.number}
        self._ask("2205", {"data": {**whose, "chrg_bchno": "0000"}})
        self._ask("2202", {"data": {**whose, "ipt_otp_no": self.visit.number}})

    def _look_up(self, settled: Mapping[str, Any]) -> None:
        """5203: the platform remembers what it answered."""
        data = {"data": {"psn_no": self._patient.number, "setl_id": settled["setl_id"], "mdtrt_id": self._mdtrt_id}}
        found = self._ask("5203", data)["setlinfo"]
        for there, here in LOOKED_UP.items():
            if fen(found[there]) != fen(settled[here]):
                self._wrong(f"5203 says {there} {found[there]}, the settlement {settled[here]}")
        self._tally.count("settlements looked up")

    def _checked(self, message: Message, answer: bytes, *, is_trial: bool) -> Mapping[str, Any]:
        """The setlinfo of an answer, after its sums were checked."""
        output = self._speaker.output(message, answer)
        info: Mapping[str, Any] = output["setlinfo"]
        self._report(
            settlement_faults(
                info,
                output.get("setldetail") or [],
                total_fen=self.visit.amount_fen,
                msgid=message.msgid,
                is_trial=is_trial,
            )
        )
        return info

    def _message(self, infno: str, data: Mapping[str, Any]) -> Message:
        return self._speaker.message(infno, data, division=self._patient.division)

    def _ask(self, infno: str, data: Mapping[str, Any]) -> Any:
        return self._speaker.ask(infno, data, division=self._patient.division)

    def _report(self, faults: Iterable[str]) -> None:
        for fault in faults:
            self._wrong(fault)

    def _wrong(self, what: str) -> None:
        visit = self.visit
        self._tally.mismatch(f"{visit.care} {visit.number} at {self._speaker.provider.code}: {what}")
