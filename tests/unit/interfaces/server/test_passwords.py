"""Passwords are kept with Argon2id; those that were kept otherwise still open, and are kept anew."""

import argon2
import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User

SECRET = "correct horse 42"


def test_a_new_one_is_kept_as_owasp_recommends():
    kept = make_password(SECRET)
    found = argon2.extract_parameters(kept.removeprefix("argon2"))
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (argon2.Type.ID, 19 * 1024, 2, 1)
    assert check_password(SECRET, kept)
    assert not check_password(SECRET + "x", kept)


@pytest.mark.django_db
def test_one_of_before_opens_and_is_kept_anew():
    user = User.objects.create(username="old", password=make_password(SECRET, hasher="pbkdf2_sha256"))
    assert authenticate(username="old", password="wrong") is None
    user.refresh_from_db()
    assert user.password.startswith("pbkdf2_sha256$")
    assert authenticate(username="old", password=SECRET) == user
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")
    assert authenticate(username="old", password=SECRET) == user
