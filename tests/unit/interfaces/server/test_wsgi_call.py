"""The WSGI application sees a request as PEP 3333 says, and its answer comes back whole."""

import pytest

from yibao.interfaces.server.wsgi_call import Arrived, call


def arrived(**changes):
    known = {
        "method": "POST", "path": "/查/a b", "query": "q=%20", "scheme": "http", "server": "127.0.0.1:8400",
        "client": "10.0.0.9", "port": "5000", "headers": [("host", "localhost")], "body": b"body",
    }  # fmt: skip
    return Arrived(**{**known, **changes})


def environ_of(**changes):
    """What the application is given."""
    seen = {}

    def application(environ, start_response):
        seen.update(environ, read=environ["wsgi.input"].read(), more=environ["wsgi.input"].read())
        start_response("204 No Content", [])
        return []

    assert call(application, arrived(**changes)).status == 204
    return seen


class TestRequest:
    def test_is_told_in_environ(self):
        environ = environ_of()
        assert environ["PATH_INFO"].encode("latin-1").decode() == "/查/a b"
        assert (environ["REQUEST_METHOD"], environ["QUERY_STRING"], environ["wsgi.url_scheme"]) == (
            "POST",
            "q=%20",
            "http",
        )
        assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["REMOTE_ADDR"]) == (
            "127.0.0.1",
            "8400",
            "10.0.0.9",
        )
        assert environ["REMOTE_PORT"] == "5000"
        assert (environ["read"], environ["more"], environ["CONTENT_LENGTH"]) == (b"body", b"", "4")

    def test_headers_are_named_and_joined(self):
        headers = [("x-a", "1"), ("cookie", "a=1"), ("content-type", "text/plain"), ("x-a", "2"), ("cookie", "b=2")]
        environ = environ_of(headers=headers)
        assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"], environ["CONTENT_TYPE"]) == (
            "1,2",
            "a=1; b=2",
            "text/plain",
        )
        assert "HTTP_CONTENT_TYPE" not in environ

    def test_the_length_is_what_came(self):
        assert environ_of(headers=[("content-length", "999")])["CONTENT_LENGTH"] == "4"


class TestAnswer:
    def test_comes_whole_and_is_closed(self):
        class Parts(list):
            closed = False

            def close(self):
                self.closed = True

        parts = Parts([b"one", b"two"])

        def application(_environ, start_response):
            start_response("200 OK", [("X", "y")])
            return parts

        answer = call(application, arrived())
        assert (answer.status, answer.headers, answer.body, parts.closed) == (200, [("X", "y")], b"onetwo", True)

    def test_a_failure_is_the_callers(self):
        def application(_environ, _start_response):
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            call(application, arrived())
