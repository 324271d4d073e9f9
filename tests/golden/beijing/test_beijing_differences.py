"""What Beijing's law changed, in the words that analysts read; the sources are those of the policy files."""

from yibao.policies.comparison import compare
from yibao.policies.difference_sentences import sentences_of
from yibao.policies.references import choose


def differences(before, after, language):
    return sentences_of(compare(choose(before), choose(after)), language)


def test_residents_in_district_tertiary_hospitals_from_2020():
    pair = "110000/390@2019-12-31", "110000/390@2020-01-01"
    assert differences(*pair, "zh") == [
        (
            "【居民住院】支付比例（参保地；区属三级医院）：75% → 78%（提高 3 个百分点）"
            "（原：京医保发〔2019〕25号；官方文件；现：京医保发〔2019〕25号；官方文件）"
        )
    ]
    assert differences(*pair, "en") == [
        (
            "[Residents' inpatient benefit] Rates (the region of insurance; district tertiary hospitals): 75% → 78%"
            " (3 points more) [before: 京医保发〔2019〕25号; official document] [now: 京医保发〔2019〕25号; official document]"
        )
    ]


def test_employees_outpatients_from_2023():
    layer = "【门诊大额(统筹支付满2万元后)】"
    every = differences("110000/310@2022-12-31", "110000/310@2023-01-01", "zh")
    told = [sentence.removeprefix(layer) for sentence in every if sentence.startswith(layer)]
    assert told[:3] == [
        "新增本层待遇。",
        "计入范围（所有情形）：未作规定 → 超出“门诊统筹”支付范围的费用",
        "支付基金（所有情形）：未作规定 → 大额医疗费用互助资金",
    ]
    assert [sentence.partition("（原：")[0] for sentence in told[3:]] == [
        "支付比例（在职职工；参保地、异地已备案）：未作规定 → 60%",
        "支付比例（退休人员；异地未备案）：未作规定 → 60%",
        "支付比例（在职职工；异地未备案）：未作规定 → 40%",
        "支付比例（退休人员；参保地、异地已备案）：未作规定 → 80%",
    ]


def test_critical_illness_from_2023():
    told = differences("110000/310@2022-12-31", "110000/310@2023-01-01", "zh")
    raised = [sentence.partition("（本年度")[0] for sentence in told if sentence.startswith("【大病医疗保障】起付线")]
    assert len(raised) == 2
    assert raised[0].endswith("：39,525 元")
    assert raised[1].endswith("：19,762.50 元")
