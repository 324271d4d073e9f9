"""A typed client for the national institution interface: every transaction a method, every message a type.

It needs nothing of the rest of yibao, so that a vendor may take it as an example or as it is:

    client = Client("http://127.0.0.1:8400/csb", Institution("H11010100001", "示范医院", "110100"), signer=Csb(key, secret))
    person = client.call_1101({"data": {...}})
"""

from yibao.client.calls import Client
from yibao.client.sealing import ForgedAnswerError, Sealed
from yibao.client.signing import ApiKey, Csb, Signer, Tif, XCa, unsigned
from yibao.client.transport import Institution, NoAnswerError, RefusedError

__all__ = [
    "ApiKey",
    "Client",
    "Csb",
    "ForgedAnswerError",
    "Institution",
    "NoAnswerError",
    "RefusedError",
    "Sealed",
    "Signer",
    "Tif",
    "XCa",
    "unsigned",
]
