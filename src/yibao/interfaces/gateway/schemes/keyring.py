"""The keys in force at one access point, found by name, by secret, or by institution; built anew when they change."""

from collections.abc import Iterable
from dataclasses import dataclass

from yibao.domains.messages.keys import Material


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key: its name, what it consists of, and the codes of the institutions that hold it."""

    access_key: str
    material: Material
    institutions: frozenset[str]


class Keyring:
    """The keys that an access point accepts now; the same for all threads, never changed."""

    __slots__ = ("_by_institution", "_by_name", "_by_secret", "keys")

    def __init__(self, keys: Iterable[KnownKey] = ()) -> None:
        """Sort the keys into their indexes."""
        self.keys = tuple(keys)
        self._by_name: dict[str, tuple[KnownKey, ...]] = {}
        self._by_secret: dict[str, tuple[KnownKey, ...]] = {}
        self._by_institution: dict[str, tuple[KnownKey, ...]] = {}
        for key in self.keys:
            self._by_name[key.access_key] = (*self.named(key.access_key), key)
            self._by_secret[key.material.secret] = (*self.holding(key.material.secret), key)
            for institution in key.institutions:
                self._by_institution[institution] = (*self.of(institution), key)

    def named(self, access_key: str) -> tuple[KnownKey, ...]:
        """The keys of this name: during a rotation several."""
        return self._by_name.get(access_key, ())

    def holding(self, secret: str) -> tuple[KnownKey, ...]:
        """The keys with this shared secret, under whatever name."""
        return self._by_secret.get(secret, ())

    def of(self, institution: str) -> tuple[KnownKey, ...]:
        """The keys that an institution holds."""
        return self._by_institution.get(institution, ())
