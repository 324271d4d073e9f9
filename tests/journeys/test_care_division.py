"""The division of care that an envelope names: wrong ones are warned of, refused or let be, as the region chose."""

import json

import pytest

from yibao.domains.reference.models import Setting

from .hospital import Hospital
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


def chosen(value):
    Setting.objects.create(key="gateway.wrong_care_division", value=value, reason="测试", trust="our_default")


def registered(division):
    """The answer to a registration whose envelope names this division."""
    house, person = Hospital(), new_person()
    node = {
        "data": {
            "psn_no": person.number, "insutype": "310", "begntime": "2026-11-02 09:00:00", "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.document_number, "ipt_otp_no": "N1", "atddr_no": "D1", "dr_name": "测试医师",
            "dept_code": "A01", "dept_name": "内科", "caty": "A03",
        }
    }  # fmt: skip
    return json.loads(house.post_bytes(house.body("2201", node, mdtrtarea_admvs=division)))


@pytest.mark.parametrize("division", ["110101", "110000", "110199", "119900"])
def test_whatever_lies_in_the_region_is_right(division):
    answer = registered(division)
    assert (answer["infcode"], answer["warn_msg"]) == (0, None), answer


def test_another_region_is_warned_of_and_the_change_is_made():
    answer = registered("440300")
    assert answer["infcode"] == 0
    assert "440300" in answer["warn_msg"]
    assert answer["output"]["data"]["mdtrt_id"]


def test_a_region_may_refuse_it():
    chosen("refuse")
    registered("110101")
    with nothing_changes(but=("people_person", "people_voucher", "enrolment_enrolment", "enrolment_personalaccount")):
        answer = registered("440300")
    assert (answer["infcode"], answer["output"]) == (-1, None)
    assert "就医地医保区划" in answer["err_msg"]


def test_or_let_it_be():
    chosen("ignore")
    assert registered("440300")["warn_msg"] is None
