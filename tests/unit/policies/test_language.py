"""What the language can say beyond layers of one year, on a small made-up law, and what it refuses of it."""

import json
from datetime import date

import numpy as np
import pytest

from yibao.engines.benefits import (
    BenefitCase,
    BrokenIdentityError,
    BulkCases,
    MisshapenCasesError,
    UnknownCircumstanceError,
    UnknownComponentError,
    settle,
    settle_chunks,
    settle_many,
)
from yibao.policies import (
    NoPolicyError,
    PolicyError,
    accumulator_names,
    compile_folder,
    explain,
    steps_from_plain,
    steps_to_plain,
)
from yibao.policies.library import law_of

DATES = {"effective_from": "2024-01-01", "effective_until": None}
NAMED = {"zh": "名", "en": "name"}


def stands_on(clause):
    return {"clause": clause, "source": None, "article": None, "trust": "our_default", "note": "made up"}


def value(clause, content, unit, **more):
    return {**stands_on(clause), **DATES, "value": content, "unit": unit, **more}


def quantity(accumulator, *values, **more):
    return {"accumulator": accumulator, "values": list(values), **more}


def rates(clause, *listed, **more):
    return value(clause, list(listed), "ratio", **{"edges": [0, None], **more})


SCHEME = {
    "region": "990000", "scheme": "390", "title": NAMED, **DATES, "year_starts": "07-01",
    "cares": {
        "outpatient": {"levels": ["near", "far"]},
        "internet_followup": {"like": "outpatient", **stands_on("like")},
        "chronic": {"levels": ["near"], "effective_from": "2025-01-01"},
    },
    "statuses": ["adult"], "places": ["local", "unfiled"], "ages": {"all": 0}, "ordinals": {"all": 1},
    "aids": {"none": NAMED, "destitute": {**NAMED, "kinds": ["2"]}, "allowance": {**NAMED, "kinds": ["1"]}},
    "diseases": {"none": NAMED, "diabetes": {"zh": "糖尿病", "en": "diabetes", "codes": ["M016", "M01600"]}},
    "components": {"special": {"of": "full_self_pay", "zh": "特药", "en": "special drugs"}},
    "statistics": {"wage": {**NAMED, "values": [value("wage", 10_000, "yuan")]}},
    "funds": {"390100": NAMED}, "sources": {}, "account": None, "not_paid": [],
    "accumulators": {
        "month_paid": {**NAMED, "kind": "payment", "per": "month"},
        "disease_paid": {**NAMED, "kind": "payment", "per": "quarter", "by": "disease"},
        "long_cost": {**NAMED, "kind": "cost", "per": "two_years", "first_year": 2023},
    },
}  # fmt: skip


def layer(key, order, care, **more):
    base = {"owed": ["in_scope"]}
    named = {"key": key, "title": {"zh": key, "en": key}, "order": order, **DATES, "applies": {"care": care}}
    return {**named, "base": base, "fund": "390100", **more}


LAYERS = [
    layer(
        "pooled", 1, ["outpatient"],
        deductible=quantity("visit", value("share", {"ratio": 0.01, "of": "wage", "round_to": 30}, "of_statistic")),
        bands=quantity("visit", rates("pooled", 0.5)),
        cap=quantity("month_paid", value("month", 100, "yuan")),
        adjust=[
            value("unfiled", -0.1, "points", where={"place": ["unfiled"]}),
            value("halved", 0.5, "factor", of="deductible", where={"aid": ["destitute"]}),
        ],
    ),
    layer("hospital", 2, ["outpatient"], base={"owed": {"self_pay_first": 0.5}}, payer="hospital", fund=None,
          bands=quantity("visit", rates("hospital", 1))),
    layer("drugs", 3, ["outpatient"], base={"owed": ["special"]}, bands=quantity("long_cost", rates("drugs", 0.8))),
    layer("chronic", 1, ["chronic"], effective_from="2025-01-01",
          bands=quantity("visit", {**rates("chronic", 0.7), "effective_from": "2025-01-01"}),
          cap=quantity("disease_paid", {**value("disease", 50, "yuan"), "effective_from": "2025-01-01"})),
]  # fmt: skip
EMERGENCY = {
    "emergency": "plague", "title": {"zh": "鼠疫救治", "en": "treatment of plague"}, "effective_from": "2025-02-01",
    "effective_until": "2025-05-01", "diseases": ["A20"], "applies": {"care": ["outpatient"]}, "sources": {},
    "suspends": [
        {"what": what, **stands_on(f"no-{what}")} for what in ("catalogue", "cap", "deductible", "place", "limit")
    ],
}  # fmt: skip


@pytest.fixture
def write(tmp_path):
    """Write the law, changed by a function, and give its folder."""

    def written(change=lambda _scheme, _layers, _emergency: None):
        scheme, layers, emergency = json.loads(json.dumps([SCHEME, LAYERS, EMERGENCY]))
        change(scheme, layers, emergency)
        folder = tmp_path / "990000" / "390"
        (folder / "emergencies").mkdir(parents=True)
        (folder / "scheme.yaml").write_text(json.dumps(scheme), encoding="utf-8")
        topic = {"topic": "all", "sources": {}, "layers": layers}
        (folder / "all.yaml").write_text(json.dumps(topic), encoding="utf-8")
        (folder / "emergencies" / "plague.yaml").write_text(json.dumps(emergency), encoding="utf-8")
        return folder

    return written


def on(stretches, day):
    return next(policy for stretch, policy in stretches if day in stretch)


CASE = {
    "care": "outpatient", "level": "near", "status": "adult", "age": 40, "ordinal": 1, "place": "local",
    "total_fen": 100_000, "full_self_pay_fen": 30_000, "over_ceiling_fen": 0, "self_pay_first_fen": 10_000,
    "in_scope_fen": 60_000, "account_balance_fen": 0, "account_used": False, "accumulators": {},
    "extras": {"special": 10_000},
}  # fmt: skip


def test_a_visit_goes_through_statistic_adjustment_month_weight_and_component(write):
    policy = on(compile_folder(write()), date(2025, 3, 1))
    result = settle(policy, BenefitCase(**CASE, month=8))
    # 1 % of 10,000 is 100, to the nearest 30: 90; (600 - 90) x 50 % = 255, of which the month leaves 100; drugs 100 x 80 %
    assert (result.deductible_fen, result.fund_fen, result.hospital_fen, result.cash_fen) == (
        9_000,
        18_000,
        5_000,
        77_000,
    )
    assert result.accumulator_changes == {"month_paid@09": 10_000, "long_cost": 10_000}
    assert result.steps[0].further == (("deductible", "wage"),)
    poor = settle(policy, BenefitCase(**CASE | {"place": "unfiled"}, aid="destitute", month=0))
    assert (poor.deductible_fen, poor.steps[0].bands[0].rate_ppm) == (4_500, 400_000)
    assert {clause for _, clause in poor.steps[0].further} == {"wage", "halved", "unfiled"}
    assert steps_from_plain(json.loads(json.dumps(steps_to_plain(poor.steps)))) == poor.steps


def test_sentences_say_who_bears_what(write):
    policy = on(compile_folder(write()), date(2025, 3, 1))
    told = explain(policy, steps_to_plain(settle(policy, BenefitCase(**CASE, month=8)).steps), "zh")
    assert any(sentence.startswith("本层月度支付限额为 100.00 元，此前已支付 0.00 元") for sentence in told)
    assert any("由医疗机构承担 50.00 元" in sentence for sentence in told)
    assert any("先行自付费用的 50%共 50.00 元" in sentence.replace(" 共", "共") for sentence in told)
    assert any("（并依据：未见公布的规定；本系统默认取值）" in sentence for sentence in told)


def test_care_alike_has_the_same_benefit_and_care_has_its_days(write):
    stretches = compile_folder(write())
    policy = on(stretches, date(2025, 3, 1))
    alike = settle(policy, BenefitCase(**CASE | {"care": "internet_followup"}))
    assert alike == settle(policy, BenefitCase(**CASE))
    chronic = BenefitCase(**CASE | {"care": "chronic"}, disease="diabetes", month=4)
    assert settle(policy, chronic).accumulator_changes == {"disease_paid@q2@diabetes": 5_000}
    with pytest.raises(UnknownCircumstanceError):
        settle(on(stretches, date(2024, 6, 1)), chronic)


def test_registers_and_years_are_read_as_the_scheme_says(write):
    policy = on(compile_folder(write()), date(2025, 3, 1))
    assert policy.benefit_time(date(2025, 6, 30)) == (2024, 11)
    assert policy.benefit_time(date(2025, 7, 1)) == (2025, 0)
    assert [policy.aid_of(kinds) for kinds in ((), ("1",), ("1", "2"), ("9",))] == [
        "none",
        "allowance",
        "destitute",
        "none",
    ]
    assert [policy.disease_of(code) for code in ("M01600", "M0169", "X")] == ["diabetes", "diabetes", None]
    assert dict(policy.carried) == {"long_cost": 1}
    assert accumulator_names(law_of(policy))["disease_paid@q2@diabetes"].zh == "名（第2季度）（糖尿病）"


def test_an_emergency_suspends_for_its_days_alone(write):
    folder = write()
    ((_, policy),) = compile_folder(folder, "plague")
    assert policy.policy_id == "990000/390@2025-02-01+plague"
    assert policy.emergency.names_diagnosis("A20.1")
    assert not policy.emergency.names_diagnosis("A2")
    result = settle(policy, BenefitCase(**CASE | {"place": "unfiled"}))
    assert (result.deductible_fen, result.fund_fen) == (0, 50_000)
    told = explain(policy, steps_to_plain(result.steps), "zh")
    assert any(sentence.startswith("按鼠疫救治的规定，本次全部费用按政策范围内费用计算。") for sentence in told)
    assert any(sentence.startswith("按鼠疫救治的规定，异地就医按本地就医计算。") for sentence in told)
    with pytest.raises(NoPolicyError):
        compile_folder(folder, "cholera")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"extras": {"special": 30_001}}, BrokenIdentityError),
        ({"extras": {"special": -1}}, BrokenIdentityError),
        ({"extras": {"other": 1}}, UnknownComponentError),
        ({"further_balances": (1,)}, UnknownComponentError),
        ({"deductible_credit_fen": -1}, BrokenIdentityError),
        ({"aid": "rich"}, UnknownCircumstanceError),
        ({"plan": "zhelibao"}, UnknownCircumstanceError),
        ({"disease": "gout"}, UnknownCircumstanceError),
        ({"tenure": -1}, UnknownCircumstanceError),
        ({"month": 12}, UnknownCircumstanceError),
        ({"deductible_times": 0}, UnknownCircumstanceError),
    ],
)
def test_what_a_case_may_not_say(write, change, error):
    policy = on(compile_folder(write()), date(2025, 3, 1))
    with pytest.raises(error):
        settle(policy, BenefitCase(**CASE | change))


def test_chunks_carry_what_persons_used(write):
    policy = on(compile_folder(write()), date(2025, 3, 1))
    codes = np.tile(np.array([0, 0, 0, 0, 40, 1, 0, 0, 0, 0, 0, 3, 1], np.int16).reshape(13, 1), (1, 6))
    amounts = np.tile(np.array([10_000, 0, 0, 0, 10_000, 0, 0]).reshape(7, 1), (1, 6))
    person, held, none = (
        np.array([0, 1, 0, 1, 0, 0]),
        np.zeros((2, len(policy.accumulators)), np.int64),
        np.zeros(2, np.int64),
    )
    amounts[0] = amounts[4] = 20_000
    whole = settle_many(policy, BulkCases(codes, amounts, person, held, none))
    chunks = [(np.ascontiguousarray(codes[:, k : k + 2]), np.ascontiguousarray(amounts[:, k : k + 2]), person[k : k + 2])
              for k in (0, 2, 4)]  # fmt: skip
    parts = list(settle_chunks(policy, chunks, accumulators=held, balances=none))
    assert (
        np.concatenate([part.fund_fen for part in parts]).tolist()
        == whole.fund_fen.tolist()
        == [5500, 5500, 4500, 4500, 0, 0]
    )
    assert parts[-1].accumulators.tolist() == whole.accumulators.tolist()
    with pytest.raises(MisshapenCasesError):
        settle_many(policy, BulkCases(np.ascontiguousarray(codes[:7]), amounts, person, held, none))


def changed(place, **to):
    return lambda _scheme, layers, _emergency: layers[place].update(to)


REFUSED = [
    (lambda s, _l, _e: s["aids"].pop("none"), "none_first"),
    (lambda s, _l, _e: s["aids"]["allowance"].update(kinds=["2"]), "repeated_key"),
    (lambda s, _l, _e: s["accumulators"].update(idle={**NAMED, "kind": "cost"}), "unused_accumulator"),
    (lambda s, _l, _e: s["accumulators"]["long_cost"].pop("first_year"), "not_in_the_language"),
    (
        lambda s, _l, _e: s["components"].update({f"c{k}": {"of": "in_scope", **NAMED} for k in range(4)}),
        "not_in_the_language",
    ),
    (lambda s, _l, _e: s["cares"]["internet_followup"].pop("clause"), "no_source"),
    (lambda s, _l, _e: s["cares"]["internet_followup"].update(like="dentist"), "unknown_code"),
    (lambda s, _l, _e: s["not_paid"].append({"care": ["outpatient"], **stands_on("n")}), "contradiction"),
    (changed(3, effective_from="2026-01-01"), "no_layer"),
    (lambda _s, layers, _e: layers[0]["deductible"]["values"][0]["value"].update(of="income"), "unknown_code"),
    (lambda _s, layers, _e: layers[0]["adjust"][0].update(of="limit"), "base"),
    (lambda _s, layers, _e: layers[0]["adjust"][1].update(unit="points"), "wrong_unit"),
    (lambda _s, layers, _e: layers[0]["adjust"][0].update(where={"place": ["abroad"]}), "unknown_code"),
    (lambda _s, layers, _e: layers[0]["cap"].update(counts=False), "never_written"),
    (lambda _s, _l, e: e.update(effective_until="2025-02-01"), "empty_period"),
    (lambda _s, _l, e: e["applies"].update(level=["moon"]), "unknown_code"),
    (changed(1, fund="390100"), "unknown_fund"),
    (changed(1, payer="account"), "unknown_fund"),
    (changed(1, base={"owed": {"self_pay_first": 1.5}}), "no_value"),
    (changed(1, base={"owed": ["sepcial"]}), "unknown_code"),
    (changed(2, base={"owed": ["special"], "less": [{"deductible": "chronic"}]}), "unknown_layer"),
    (changed(2, base={"owed": ["special"], "less": [{"deductible": "hospital"}]}), "base"),
    (changed(2, base={"beyond": "hospital"}), "base"),
    (changed(2, limit={**quantity("long_cost", value("l", 1, "yuan")), "on": "excess"}), "counted_twice"),
    (changed(2, lump=quantity("visit", value("g", 1, "yuan"))), "base"),
]


@pytest.mark.parametrize(("change", "kind"), REFUSED)
def test_what_cannot_be_law_is_refused(write, change, kind):
    with pytest.raises(PolicyError) as refused:
        compile_folder(write(change))
    assert kind in {problem.kind for problem in refused.value.problems}
