"""Whether an institution may settle over the internet: its agreement is in force, or it is on its test run in a sandbox.

The test run (测试验收) must try what only an agreement allows, so a sandbox lets an institution whose application has come to
the rebuilding or the test do it. Elsewhere nothing is settled before the agreement is signed (第六条、第十二条).
"""

from datetime import date

from django.conf import settings

from yibao.domains.agreements.queries import internet_agreement_on, internet_test_runs
from yibao.domains.sandbox.queries import is_marked


def may_settle_online(institution_id: int, day: date) -> bool:
    """Whether an institution may settle over the internet on a day (通过验收、签订补充协议后在线结算)."""
    if internet_agreement_on(institution_id, day) is not None:
        return True
    return bool(settings.SANDBOX) and internet_test_runs(institution_id) and is_marked()
