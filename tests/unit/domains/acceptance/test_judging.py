"""The judgement of an acceptance: the same evidence, the same bytes; chains within a visit; failures told with their reason."""

from datetime import UTC, datetime, timedelta

import pytest

from yibao.domains.acceptance.judging import Evidence, digest_of, judge, plain
from yibao.domains.acceptance.programme import Chain, Programme, Required, all_chains, chains_for, kind_of
from yibao.domains.institutions.models import Institution

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SETTLED = Chain(
    zh="门诊", en="outpatient", kinds=("clinic",), steps=("2201", "2204", "2207", "2601"), one_visit=True,
    trust="our_default", source_zh="试", source_en="trial",
)  # fmt: skip
SIGNED_IN = Chain(
    zh="签到", en="sign in", kinds=("clinic",), steps=("9001", "1101"), trust="our_default", source_zh="试",
    source_en="trial",
)  # fmt: skip


def tried(infno, number, *, visit="", undoes="", error=""):
    """One try, the later the larger its number."""
    return Evidence(
        infno=infno, msgid=f"m{number}", is_performed=not error, visit=visit, undoes=undoes, error_code=error,
        sentence_zh=f"错{number}" if error else "", sentence_en=f"wrong {number}" if error else "", faults=[],
        received_at=NOON + timedelta(seconds=number),
    )  # fmt: skip


def programme(*infnos, chains=None, not_offered=()):
    return Programme(
        "clinic",
        tuple(Required(infno, f"交易{infno}", f"transaction {infno}", infno not in not_offered) for infno in infnos),
        chains or {},
    )


class TestTransactions:
    def test_each_is_performed_failed_missing_or_not_offered(self):
        evidence = [
            tried("1101", 1, error="people.nobody_found"),
            tried("1101", 2),
            tried("1101", 3),
            tried("2204", 4, error="gateway.input_refused"),
            tried("2204", 5, error="visits.settled"),
        ]

        judged = judge(programme("1101", "2204", "3101", "4101", not_offered={"4101"}), evidence)

        assert [(one.infno, one.state, one.performed, one.failed) for one in judged.transactions] == [
            ("1101", "performed", 2, 1),
            ("2204", "failed", 0, 2),
            ("3101", "missing", 0, 0),
            ("4101", "not_offered", 0, 0),
        ]
        performed, failed, *_ = judged.transactions
        assert (performed.first_msgid, performed.failure) == ("m2", None)
        assert (failed.failure.msgid, failed.failure.error_code, failed.failure.sentence_zh) == (
            "m5",
            "visits.settled",
            "错5",
        )
        assert not judged.is_passed

    def test_what_is_not_offered_keeps_nobody_from_passing(self):
        assert judge(programme("1101", "4101", not_offered={"4101"}), [tried("1101", 1)]).is_passed


class TestChains:
    def test_a_chain_of_a_visit_is_gone_in_its_order_and_in_one_visit(self):
        evidence = [
            tried("2201", 1, visit="A"),
            tried("2201", 2, visit="B"),
            tried("2204", 3, visit="B"),
            tried("2204", 4, visit="A"),
            tried("2207", 5, visit="B"),
        ]

        (chain,) = judge(programme(chains={"settled": SETTLED}), evidence).chains

        assert (chain.is_done, chain.done, chain.lacking, chain.visit) == (
            False,
            ("2201", "2204", "2207"),
            ("2601",),
            "B",
        )

    def test_a_2601_belongs_to_the_visit_of_what_it_undid(self):
        evidence = [
            tried("2201", 1, visit="A"),
            tried("2204", 2, visit="A"),
            tried("2207", 3, visit="A"),
            tried("2601", 4, undoes="m3"),
        ]

        (chain,) = judge(programme(chains={"settled": SETTLED}), evidence).chains

        assert chain.is_done
        (other,) = judge(programme(chains={"settled": SETTLED}), [*evidence[:3], tried("2601", 4, undoes="m9")]).chains
        assert other.lacking == ("2601",)

    def test_a_step_before_its_turn_does_not_count(self):
        evidence = [tried("2204", 1, visit="A"), tried("2201", 2, visit="A"), tried("2207", 3, visit="A")]

        (chain,) = judge(programme(chains={"settled": SETTLED}), evidence).chains

        assert chain.done == ("2201",)

    def test_a_failed_step_does_not_count(self):
        (chain,) = judge(programme(chains={"in": SIGNED_IN}), [tried("9001", 1, error="x.y"), tried("1101", 2)]).chains

        assert (chain.done, chain.lacking) == (("1101",), ("9001",))

    def test_steps_without_a_visit_come_in_any_order(self):
        assert judge(programme(chains={"in": SIGNED_IN}), [tried("1101", 1), tried("9001", 2)]).is_passed


class TestStability:
    def test_the_same_evidence_gives_the_same_digest(self):
        evidence = [tried("1101", 1), tried("2204", 2, error="visits.settled")]
        asked = programme("1101", "2204", chains={"in": SIGNED_IN})

        first, second = (digest_of(plain(judge(asked, evidence))) for _ in range(2))

        assert first == second
        assert first != digest_of(plain(judge(asked, evidence[:1])))

    def test_a_digest_outlives_the_database(self):
        content = plain(judge(programme("1101"), [tried("1101", 1)]))
        turned = {key: content[key] for key in reversed(content)}

        assert digest_of(turned) == digest_of(content)


class TestProgramme:
    def test_every_chain_says_where_it_comes_from(self):
        assert all_chains()
        assert [key for key, chain in all_chains().items() if not (chain.source_zh and chain.source_en)] == []

    def test_pharmacies_are_not_asked_for_stays(self):
        assert "inpatient_settled" not in chains_for("pharmacy")
        assert "inpatient_settled" in chains_for("hospital_2")

    @pytest.mark.parametrize(
        ("kind", "level", "expected"),
        [
            ("pharmacy", "pharmacy", "pharmacy"),
            ("clinic", "community", "clinic"),
            ("community", "community", "clinic"),
            ("hospital", "primary", "hospital_1"),
            ("hospital", "secondary", "hospital_2"),
            ("hospital", "tertiary", "hospital_2"),
        ],
    )
    def test_an_institution_is_accepted_as_what_it_is(self, kind, level, expected):
        assert kind_of(Institution(kind=kind, level=level)) == expected
