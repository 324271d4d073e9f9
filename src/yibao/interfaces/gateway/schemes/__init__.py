"""Schemes of signing (验签方案): one small file each, registered by name; access points name the one they use."""

from yibao.interfaces.gateway.schemes import csb, none, tif
from yibao.interfaces.gateway.schemes.base import (
    SCHEMES,
    AccessKey,
    MissingHeaderError,
    Scheme,
    SchemeError,
    SecretOf,
    SignatureMismatchError,
    StaleTimestampError,
    UnknownAccessKeyError,
)

__all__ = [
    "SCHEMES",
    "AccessKey",
    "MissingHeaderError",
    "Scheme",
    "SchemeError",
    "SecretOf",
    "SignatureMismatchError",
    "StaleTimestampError",
    "UnknownAccessKeyError",
    "csb",
    "none",
    "tif",
]
