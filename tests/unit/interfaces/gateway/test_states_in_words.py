"""What a refusal says of a state and a step is said in the reader's words, whatever language was active before."""

import pytest
from django.utils.translation import override

from yibao.domains.mobile_orders.states import State as OrderState
from yibao.domains.mobile_orders.states import Step, WrongOrderStateError, after
from yibao.domains.prescriptions.states import PrescriptionStateError
from yibao.interfaces.gateway.texts import text_of


@pytest.mark.parametrize("active", ["zh-hans", "en"])
def test_of_orders_and_prescriptions(active):
    with pytest.raises(WrongOrderStateError) as refused:
        after(OrderState.PAID, Step.PAY)
    prescription = PrescriptionStateError(state="dispensed", step="claim")
    with override(active):
        assert text_of(refused.value, "zh") == "订单当前状态为6（已全部支付），不能办理该业务（已结算，现金支付中）"
        assert text_of(refused.value, "en") == (
            "The order is in state 6 (paid in full), which does not allow this (settled, cash asked for)"
        )
        assert "dispensed" not in text_of(prescription, "zh")
        assert "claim" not in text_of(prescription, "zh")


def test_a_state_without_a_word_is_told_by_its_code():
    assert "unheard" in text_of(PrescriptionStateError(state="unheard", step="claim"), "zh")
