"""The API itself: its two questions, how refusals look, and the OpenAPI document at /api/v1/openapi.json."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from yibao.core.errors import YibaoError
from yibao.interfaces.api import estimates
from yibao.interfaces.api.schemas import Day, EstimateAnswer, EstimateBody, PolicyAnswer, Refusal, RefusalAt
from yibao.interfaces.api.texts import SENTENCES, Language, text_of
from yibao.workflows.list_policies import policies_in_force
from yibao.workflows.price_list import RefusedLinesError


class TooOftenError(YibaoError):
    """The address asked too often; it may ask again after some seconds."""

    code: ClassVar[str] = "api.too_often"


class NotUnderstoodError(YibaoError):
    """Members of the request are missing, unknown or of another kind than the interface defines."""

    code: ClassVar[str] = "api.not_understood"


api: Final = NinjaAPI(
    title="yibao",
    version="1",
    urls_namespace="api",
    description="Public questions to the insurance: which law there is, and what a bill would come to under it. "
    "No sign-in, nothing is kept. Money is text in yuan with two decimals.",
    docs_url=None,  # its page would load scripts from somebody else's address
)
_REFUSED: Final[dict[int, Any]] = {400: Refusal, 404: Refusal, 422: Refusal, 429: Refusal}


@api.get(
    "/policies",
    response={200: list[PolicyAnswer], 422: Refusal},
    summary="The law in force on a day",
    tags=["policies"],
)
def policies(request: HttpRequest, on: Day | None = None) -> list[PolicyAnswer]:  # noqa: ARG001  # ninja hands it in
    """List every region and scheme whose law is in force on a day (today if none is given), with the codes it uses."""
    day = on or timezone.localdate()
    return [estimates.policy_answer(name, law) for name, law in policies_in_force(day)]


@api.post(
    "/estimates", response={200: EstimateAnswer, **_REFUSED}, summary="What a bill would come to", tags=["estimates"]
)
def estimate(request: HttpRequest, body: EstimateBody) -> EstimateAnswer:
    """Estimate who would pay what for a bill, step by step and with sources, here and at other levels and places."""
    wait_seconds: int = getattr(request, "wait_seconds", 0)
    request.asked_language = body.language  # type: ignore[attr-defined]  # read when a refusal is written
    if wait_seconds:
        raise TooOftenError(seconds=wait_seconds)
    return estimates.estimate(body)


@api.exception_handler(YibaoError)
def refuse(request: HttpRequest, error: YibaoError) -> HttpResponse:
    """Write a refusal: 404 where there is no such policy, 429 with the seconds to wait, else 422."""
    if error.code not in SENTENCES:
        raise error
    language = _language(request)
    problems = (
        [
            RefusalAt(where=f"lines.{number}", code=problem.code, message=text_of(problem, language))
            for number, problem in error.problems
        ]
        if isinstance(error, RefusedLinesError)
        else []
    )
    status = {"policies.none_in_force": HTTPStatus.NOT_FOUND, "api.too_often": HTTPStatus.TOO_MANY_REQUESTS}.get(
        error.code, HTTPStatus.UNPROCESSABLE_ENTITY
    )
    refusal = Refusal(code=error.code, message=text_of(error, language), problems=problems)
    answer = api.create_response(request, refusal.model_dump(), status=status)
    if "seconds" in error.facts:
        answer["Retry-After"] = str(error.facts["seconds"])
    return answer


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say where a body or a parameter is not as the interface defines it; what was sent is not repeated."""
    problems = [
        RefusalAt(where=_where(found["loc"]), code=str(found["type"]), message=str(found["msg"]))
        for found in error.errors
    ]
    whole = NotUnderstoodError(count=len(problems))
    refusal = Refusal(code=whole.code, message=text_of(whole, _language(request)), problems=problems)
    return api.create_response(request, refusal.model_dump(), status=HTTPStatus.UNPROCESSABLE_ENTITY)


@api.exception_handler(HttpError)
def broken_body(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a body that is no JSON in the same shape as every refusal."""
    whole = NotUnderstoodError(count=1)
    refusal = Refusal(code=whole.code, message=text_of(whole, _language(request)))
    return api.create_response(request, refusal.model_dump(), status=error.status_code)


def _where(steps: Sequence[str | int]) -> str:
    """The path of a member in what was sent, without the words by which the library calls the body itself."""
    return ".".join(str(step) for step in steps[2 if steps[0] == "body" else 1 :])


def _language(request: HttpRequest) -> Language:
    """The language that the body asks for, else Chinese unless the header asks for English."""
    asked = getattr(request, "asked_language", None)
    if asked is None:
        asked = "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh"
    return "en" if asked == "en" else "zh"
