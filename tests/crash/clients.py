"""Hospitals that keep sending while everything breaks: what got no answer is sent again, the same bytes, until it has one."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field

from tests.journeys.hospital import Hospital

BUSY = "平台繁忙"
GIVE_UP_SECONDS = 300


@dataclass
class Sent:
    """One message with every answer it got, and how often it had to be sent."""

    infno: str
    msgid: str
    body: bytes
    answers: list = field(default_factory=list)
    attempts: int = 0


class Client(threading.Thread):
    """One counter of a hospital: visits of its persons, one after the other, some reversed, some undone by 2601."""

    def __init__(self, installation, persons, *, seed):
        super().__init__(name=f"client-{seed}", daemon=True)
        self.installation, self.persons = installation, persons
        self.random = random.Random(seed)
        self.hospital = Hospital()
        self.sent, self.broken = [], []
        self.stopping = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.play(self.random.choice(self.persons))
        except BaseException as failure:  # noqa: BLE001  # the test that waits for this thread raises it
            self.failure = failure

    def play(self, person):
        """One visit."""
        hospital, total = self.hospital, f"{self.random.randrange(100, 90_000)}.{self.random.randrange(100):02d}"
        visit = self.deliver("2201", {"data": hospital.registration(person)})["data"]["mdtrt_id"]
        self.deliver("2204", {"feedetail": [hospital.line(person, visit, price=total)]})
        bill = hospital.bill(person, visit, total, account=self.random.choice("01"))
        info = self.deliver("2207", bill)["setlinfo"]
        fate = self.random.random()
        if fate < 0.2:
            self.deliver("2208", hospital.reversal(person, visit, info["setl_id"]))
        elif fate < 0.3:
            undoing = {"psn_no": person.number, "omsgid": info["medins_setl_id"], "oinfno": "2207"}
            self.deliver("2601", {"data": undoing})

    def deliver(self, infno, node):
        """Send a message until it has an answer; gives its output."""
        msgid = self.hospital.new_msgid()
        message = Sent(infno, msgid, self.hospital.body(infno, node, msgid=msgid))
        self.sent.append(message)
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while True:
            assert time.monotonic() < deadline, f"{infno} {msgid} got no answer"
            answer = self.attempt(message)
            if answer is not None:
                break
            time.sleep(0.05)
        parsed = json.loads(answer)
        assert parsed["infcode"] == 0, (infno, msgid, parsed["err_msg"])
        return parsed["output"]

    def attempt(self, message):
        """Send once; None when there is no answer, or none that says whether it was carried out."""
        message.attempts += 1
        try:
            status, answer = self.installation.post("/fsi", message.body)
        except (OSError, http.client.HTTPException):
            return None
        if status != 200:
            self.broken.append((message.infno, status, answer[:300]))
            return None
        if BUSY in answer.decode():
            return None
        message.answers.append(answer)
        return answer
