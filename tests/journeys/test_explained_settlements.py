"""A settlement's stored trace told as sentences: a person can see why each fen is paid by whom."""

import pytest

from yibao import policies
from yibao.domains.settlement.models import Settlement

from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def told(info, language="zh"):
    """The sentences of the settlement behind an answer, without the basis in brackets."""
    kept = Settlement.objects.select_related("visit", "enrolment").get(pk=info["setl_id"])
    law = policies.load(kept.enrolment.region_id, kept.enrolment.scheme, kept.visit.began_at.date())
    assert law.policy_id == kept.policy
    return policies.explain(law, kept.trace, language)


def without_basis(sentences, bracket="（依据"):
    return [sentence.split(bracket)[0].rstrip() for sentence in sentences]


class TestChinese:
    def test_a_visit_above_the_deductible(self, hospital):
        _, info = hospital.visit(new_person(), "3000.00")

        assert without_basis(told(info)) == [
            "【门诊统筹】本次计入的政策范围内费用共 3,000.00 元。",
            "起付线为 1,800.00 元，本年度此前已累计 0.00 元，本次再由个人承担 1,800.00 元。",
            "其中 1,200.00 元按 70% 支付，职工基本医疗保险统筹基金支付 840.00 元。",
            "本层年度支付限额为 20,000.00 元，此前已支付 0.00 元，本次后累计 840.00 元。",
            "【大病医疗保障】本次计入的政策范围内费用、先行自付费用共 2,160.00 元。",
            "起付线为 30,404.00 元，本年度此前已累计 0.00 元，本次再由个人承担 2,160.00 元。",
        ]

    def test_a_visit_beyond_20000_of_payment(self, hospital):
        _, info = hospital.visit(new_person(), "40000.00")

        assert without_basis(told(info)) == [
            "【门诊统筹】本次计入的政策范围内费用共 40,000.00 元。",
            "起付线为 1,800.00 元，本年度此前已累计 0.00 元，本次再由个人承担 1,800.00 元。",
            "其中 28,571.43 元按 70% 支付，职工基本医疗保险统筹基金支付 20,000.00 元。",
            (
                "本层年度支付限额为 20,000.00 元，此前已支付 0.00 元，本次支付 20,000.00 元后达到限额，"
                "按比例应再支付的 6,740.00 元不由本层支付。"
            ),
            "【门诊大额(统筹支付满2万元后)】超出“门诊统筹”支付范围的费用 9,628.57 元，由本层继续支付。",
            "其中 9,628.57 元按 60% 支付，大额医疗费用互助资金支付 5,777.14 元。",
            "【大病医疗保障】本次计入的政策范围内费用、先行自付费用共 14,222.86 元。",
            "起付线为 30,404.00 元，本年度此前已累计 0.00 元，本次再由个人承担 14,222.86 元。",
        ]

    def test_a_second_visit_goes_on_where_the_first_ended(self, hospital):
        person = new_person()
        hospital.visit(person, "1000.00")
        _, info = hospital.visit(person, "1000.00")

        assert without_basis(told(info)) == [
            "【门诊统筹】本次计入的政策范围内费用共 1,000.00 元。",
            "起付线为 1,800.00 元，本年度此前已累计 1,000.00 元，本次再由个人承担 800.00 元。",
            "其中 200.00 元按 70% 支付，职工基本医疗保险统筹基金支付 140.00 元。",
            "本层年度支付限额为 20,000.00 元，此前已支付 0.00 元，本次后累计 140.00 元。",
            "【大病医疗保障】本次计入的政策范围内费用、先行自付费用共 860.00 元。",
            "起付线为 30,404.00 元，本年度此前已累计 1,000.00 元，本次再由个人承担 860.00 元。",
        ]

    def test_every_rule_names_its_document_and_how_sure_we_are(self, hospital):
        _, info = hospital.stay(new_person(), "20000.00")

        assert [sentence.partition("（依据：")[2] for sentence in told(info)[1:]] == [
            "北京市职工医保待遇表(北京医保,转载; 文号未见)；转载的官方规定，http://banzhengshi.com/shebao/695593.html）",
            "北京市职工医保待遇表(北京医保,转载; 文号未见)；转载的官方规定，http://banzhengshi.com/shebao/695593.html）",
            (
                "京医保发〔2019〕14号；官方文件，"
                "http://www.iamready.cn/ciicwqfwzw/ygfw23/ygfw27/ygzzfwp/bcylsbjqtflp/zcfg76/567928/index.html）"
            ),
            "",  # what counts for critical illness is told with its threshold
            "北京市医疗保障局关于进一步完善大病医疗保障政策的通知(2023-01-01 起)；官方文件，http://www.hand4g.com/ms/692216.html）",
        ]

    def test_a_purchase_in_a_pharmacy(self, pharmacy):
        _, info = pharmacy.visit(new_person(), "100.00")

        assert told(info) == ["本次费用没有进入任何基金的支付范围，全部由个人支付。"]


class TestEnglish:
    def test_a_stay_in_hospital(self, hospital):
        _, info = hospital.stay(new_person(), "20000.00")

        assert without_basis(told(info, "en"), "(Basis") == [
            "[Inpatient pooling] 20,000.00 yuan of this visit count here: in-scope cost.",
            "The deductible of this visit is 1,300.00 yuan; 1,300.00 yuan are borne by the person.",
            (
                "Cost this year up to 30,000.00 yuan: 18,700.00 yuan are paid at 85%: the employees' pooled fund pays "
                "15,895.00 yuan."
            ),
            (
                "This layer pays at most 100,000.00 yuan a year; 0.00 yuan were paid before and 15,895.00 yuan after this "
                "visit."
            ),
            (
                "[Critical-illness protection] 4,105.00 yuan of this visit count here: in-scope cost, cost paid first by "
                "the person."
            ),
            "The deductible is 30,404.00 yuan; 0.00 yuan were borne earlier this year and 4,105.00 yuan are borne now.",
        ]
