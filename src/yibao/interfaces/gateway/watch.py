"""What the gateway tells whoever watches a request on its way: a sandbox does, in production nobody."""

from yibao.core.errors import YibaoError
from yibao.interfaces.gateway.directory import KnownInstitution
from yibao.interfaces.gateway.envelope import RequestEnvelope


class Watch:
    """Told how a request fares while it is answered; this one lets everything pass unseen."""

    __slots__ = ()

    def let_in(self) -> None:
        """The signature was accepted."""

    def opened(self, envelope: RequestEnvelope) -> None:
        """The envelope could be read."""

    def known(self, institution: KnownInstitution) -> None:
        """The institution may speak here."""

    def decoded(self) -> None:
        """The fields were read; the handler begins."""

    def answered(self) -> None:
        """The handler gave its answer."""

    def refused(self, error: YibaoError) -> None:
        """The request was refused."""


UNWATCHED = Watch()
"""Nobody watches."""
