"""The served gateway over real HTTP, and what an administrator of the database can do to it by hand.

Stands after test_crashes.py in the order of names: that file counts every record of the installation.
"""

import http.client

import psycopg
import pytest

from tests.journeys.hospital import Hospital, accepted


@pytest.fixture
def played(town):
    """A settlement made over HTTP: its journals' numbers, oldest first."""
    hospital = Hospital(send=town.installation.post_for_hospital)
    hospital.visit(town.persons[0], "3000.00", account="1")
    town.installation.run("ledger", "seal", "--all")
    with town.installation.connect() as connection:
        return [row[0] for row in connection.execute("SELECT id FROM ledger_journal ORDER BY id")]


class TestOverHttp:
    @pytest.mark.parametrize(("scheme", "path"), [("none", "/fsi"), ("csb", "/CSB"), ("tif", "/ebus/bj")])
    def test_every_scheme_of_signing_reaches_the_gateway(self, town, scheme, path):
        hospital = Hospital(scheme=scheme, path=path, send=town.installation.post_for_hospital)

        _, info = hospital.visit(town.persons[0], "100.00")

        assert info["medfee_sumamt"] == 100.00

    def test_one_connection_carries_many_messages_among_them_refused_ones(self, town):
        hospital = Hospital()
        connection = http.client.HTTPConnection("127.0.0.1", town.installation.port, timeout=20)
        for body in (b"{", b"[]", b"x" * 100_000, hospital.body("9001", {"signIn": {"opter_no": "1", "ip": "1"}})):
            connection.request("POST", "/fsi", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            last = answer.read()
            assert answer.status == 200
        connection.close()

        assert accepted("9001", last)["signinoutb"]["sign_no"]

    def test_a_second_server_at_the_same_port_is_refused(self, town):
        refused = town.installation.command("serve", "--port", str(town.installation.port))
        assert refused.returncode == 1
        assert f"port {town.installation.port} is taken" in refused.stderr


class TestChangedByHand:
    def test_one_byte_in_the_ledger_is_found_and_its_place_named(self, town, played):
        installation, number = town.installation, played[0]
        assert "账目完整" in installation.run("ledger", "verify")
        with installation.connect() as connection:
            connection.execute("ALTER TABLE ledger_journal DISABLE TRIGGER append_only")
            fund = connection.execute("SELECT fund_codes[1] FROM ledger_journal WHERE id = %s", [number]).fetchone()[0]
            changed = fund[:-1] + str((int(fund[-1]) + 1) % 10)
            rename = "UPDATE ledger_journal SET fund_codes[1] = %s WHERE id = %s"
            connection.execute(rename, [changed, number])
            try:
                told = installation.run("ledger", "verify", expect=1)
            finally:
                connection.execute(rename, [fund, number])
                connection.execute("ALTER TABLE ledger_journal ENABLE TRIGGER append_only")

        assert f"journal_changed {number}\n" in told
        assert "seal_broken" in told
        assert "账目完整" in installation.run("ledger", "verify")

    @pytest.mark.parametrize("table", ["ledger_journal", "ledger_seal", "settlement_settlement", "reference_change"])
    @pytest.mark.parametrize("verb", ["TRUNCATE {} CASCADE", "DELETE FROM {}"])
    def test_what_money_stands_on_is_not_emptied(self, town, played, table, verb):
        rename = "UPDATE people_person SET name = name || '改' WHERE id = (SELECT min(id) FROM people_person)"
        with town.installation.connect() as connection:
            connection.execute(rename)
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append only"):
                connection.execute(verb.format(table))
