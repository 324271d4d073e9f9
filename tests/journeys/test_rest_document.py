"""The REST document attacked with requests made from it: never a server error, and answers of the shapes that it promises."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import positive_data_acceptance

pytestmark = pytest.mark.usefixtures("standing_town")

REQUESTS = 60
# What fits the document may still be refused: which levels a law knows, or that a bill is either a sum or a list, is no schema's.


@pytest.fixture
def operations():
    """The operations of the document as the served application publishes it; the test's connection stays open."""
    from yibao.interfaces.server.wsgi import application

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    yield [found.ok() for found in schema.get_all_operations()]
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_answer_is_as_the_document_says(operations, mode):
    asked = []
    for operation in operations:

        @settings(max_examples=REQUESTS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=mode))
        def attack(case):
            case.call_and_validate(excluded_checks=[positive_data_acceptance])
            asked.append(case.operation.label)

        attack()
    assert {"POST /api/v1/estimates", "GET /api/v1/policies"} <= set(asked)
    assert len(asked) >= REQUESTS
