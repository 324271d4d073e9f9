"""Tell the database who acts, so that the history of changes names a person."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse


class ActorMiddleware:
    """Set `yibao.actor` on the connection for the length of a signed-in request that may change something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Name the actor before the view runs and forget the name after it."""
        if request.method in {"GET", "HEAD", "OPTIONS"} or not request.user.is_authenticated:
            return self.get_response(request)
        self._name(request.user.get_username())
        try:
            return self.get_response(request)
        finally:
            self._name("")

    @staticmethod
    def _name(actor: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('yibao.actor', %s, false)", [actor])
