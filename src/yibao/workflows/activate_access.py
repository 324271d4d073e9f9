"""Activate a person's access and electronic voucher (激活): after the person was seen by the agency or an authorised channel."""

from datetime import date, datetime

from django.db import transaction

from yibao.domains.personal_access.models import Account
from yibao.domains.personal_access.operations import Shown, activate, actor_of
from yibao.domains.vouchers.operations import activate_voucher


def activate_access(shown: Shown, *, secret: str, at: datetime, on: date) -> Account:
    """Open the account with the code that was handed out, and give the person an electronic voucher.

    :raises yibao.domains.personal_access.operations.ActivationRefusedError: nothing was changed but the count of attempts.
    """
    account = activate(shown, secret=secret, at=at, on=on)
    with transaction.atomic():
        activate_voucher(person_id=account.person_id, on=on, actor=actor_of(account.person))
    return account
