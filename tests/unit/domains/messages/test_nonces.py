"""The note of a nonce: one message each, forgotten when its request would be stale."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError
from psycopg import errors as database_errors

from yibao.domains import storage
from yibao.domains.messages.models import UsedNonce
from yibao.domains.messages.nonces import USED_ONCE, claim_nonce, forget_nonces, nonce_used
from yibao.domains.storage import write_together

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MARK, OTHER = f"{1:032x}", f"{2:032x}"


def claim(digest, *, mark=MARK, now=NOW):
    return claim_nonce(mark=mark, digest=digest, used_until=now + timedelta(hours=1), now=now)


@pytest.fixture
def begun(db):
    """The test's transaction, begun: the driver would commit a first statement of its own at once."""
    assert not UsedNonce.objects.exists()


@pytest.mark.usefixtures("begun")
class TestClaiming:
    def test_by_one_message_as_often_as_it_comes(self):
        assert [claim(b"a"), claim(b"a"), claim(b"b"), claim(b"b", mark=OTHER)] == [True, True, False, True]

    def test_anew_when_it_was_forgotten_or_could_be(self):
        assert claim(b"a")
        assert not claim(b"b", now=NOW + timedelta(minutes=59))
        assert claim(b"b", now=NOW + timedelta(hours=1))
        assert not claim(b"a", now=NOW + timedelta(hours=1, minutes=1))

    def test_what_could_still_be_fresh_is_kept(self):
        assert claim(b"a")
        assert claim(b"b", mark=OTHER, now=NOW + timedelta(minutes=1))
        with storage.transaction() as raw:
            forget_nonces(raw, now=NOW + timedelta(hours=1))
        assert list(UsedNonce.objects.values_list("mark", flat=True)) == [UUID(OTHER)]


@pytest.mark.django_db(transaction=True)
def test_with_a_message_a_second_use_undoes_everything():
    used = nonce_used(mark=MARK, digest=b"a", used_until=NOW)
    with storage.transaction() as raw:
        write_together(raw, [used])
    with pytest.raises((database_errors.UniqueViolation, IntegrityError)) as refused, storage.transaction() as raw:
        write_together(raw, [nonce_used(mark=OTHER, digest=b"b", used_until=NOW)])
        write_together(raw, [used])
    assert refused.value.diag.constraint_name == USED_ONCE
    assert list(UsedNonce.objects.values_list("mark", flat=True)) == [UUID(MARK)]
