"""kill -9 under load, at instants drawn from a seed: of a server process, of the whole server, of the database.

Afterwards every message has exactly one effect, and everything adds up. Each kind of crash is played three times;
YIBAO_PROOF_ROUNDS=20 plays it twenty times (and the races of tests/journeys/test_races.py as often).
"""

import random
import time

import pytest

from .clients import Client
from .conftest import ROUNDS
from .installation import WORKERS
from .whole_books import check_books, check_effects, check_messages

CLIENTS = 4
CALM_SECONDS = 0.6


@pytest.fixture(scope="module")
def told():
    """Every message that was sent in this file, for the checks of the whole."""
    return []


def kill_worker(installation, chance):
    time.sleep(chance.uniform(0.2, 2.4))
    installation.kill_worker()


def kill_server(installation, chance):
    for _ in range(2):
        time.sleep(chance.uniform(0.2, 1.2))
        installation.kill_server()
        installation.serve()


def kill_database(installation, chance):
    for _ in range(2):
        time.sleep(chance.uniform(0.2, 1.2))
        installation.kill_database()
        time.sleep(chance.uniform(0, 0.5))
        installation.start_database()


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("crash", [kill_worker, kill_server, kill_database])
class TestCrash:
    def test_leaves_every_message_with_one_effect_and_whole_books(self, town, told, crash, number):
        installation, chance = town.installation, random.Random(f"{crash.__name__} {number}")
        clients = [
            Client(installation, town.persons[place : place + 2], seed=f"{crash.__name__} {number} {place}")
            for place in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        crash(installation, chance)
        time.sleep(CALM_SECONDS)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(600)
            assert not client.is_alive()
        told.extend(message for client in clients for message in client.sent)
        for client in clients:
            if client.failure is not None:
                raise client.failure

        assert [broken for client in clients for broken in client.broken] == []
        with installation.connect() as connection:
            check_messages(connection, told)
            check_effects(connection, told)
            check_books(connection)
        assert "账目完整" in installation.run("ledger", "verify")
        assert_workers_are_back(installation)


def assert_workers_are_back(installation):
    """A killed worker is replaced, so that the next crash does not end the server."""
    deadline = time.monotonic() + 20
    while len(installation.workers()) < WORKERS:
        assert time.monotonic() < deadline, installation.workers()
        time.sleep(0.05)


class TestAfterAllCrashes:
    def test_messages_had_to_be_sent_again(self, told):
        """The proof is one: clients did lose answers, and what they sent again was not carried out twice."""
        assert sum(message.attempts > 1 for message in told) > 0

    def test_what_was_posted_is_sealed(self, town, told):
        deadline = time.monotonic() + 20
        with town.installation.connect() as connection:
            while unsealed(connection):
                assert time.monotonic() < deadline, "the sealing of the ledger has stopped"
                time.sleep(0.1)

    def test_every_message_sent_again_gets_its_answer_again(self, town, told):
        with town.installation.connect() as connection:
            undone = {
                row[0] for row in connection.execute("SELECT msgid FROM message_store_message WHERE state = 'reversed'")
            }
        standing = [message for message in told if message.msgid not in undone]
        for message in random.Random(1).sample(standing, min(200, len(standing))):
            assert town.installation.post("/fsi", message.body) == (200, message.answers[0])


def unsealed(connection):
    """How many journals no link of the chain seals yet."""
    return connection.execute(
        "SELECT count(*) FROM ledger_journal WHERE id NOT IN (SELECT unnest(journal_ids) FROM ledger_seal)"
    ).fetchone()[0]
