"""The estimator (待遇测算): one page that asks and, when it was asked well, answers; nothing of it is kept anywhere."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yibao import policies
from yibao.core.errors import YibaoError
from yibao.interfaces.portal.answer import Answer, answer_of
from yibao.interfaces.portal.display import apply_switch, keep_switch
from yibao.interfaces.portal.home import schemes_by_region
from yibao.interfaces.portal.situation_form import COUNTED, FURTHER, SituationForm
from yibao.interfaces.portal.texts import SENTENCES
from yibao.interfaces.portal.words import own
from yibao.policies.law import Law
from yibao.workflows.estimate_benefits import estimate_benefits


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, region: str, scheme: str) -> HttpResponse:
    """Show the form of a scheme; a POST is answered on the same page, with everything that was typed still there."""
    today = timezone.localdate()
    try:
        law = policies.law_of(policies.load(region, scheme, today))
    except policies.NoPolicyError:
        return render(
            request, "portal/no_such_scheme.html", {"regions": schemes_by_region()}, status=HTTPStatus.NOT_FOUND
        )
    if request.method != "POST":
        return render(request, "portal/estimator.html", _context(SituationForm(law=law, today=today), law))
    wish = request.POST.get("switch", "")
    apply_switch(request, wish)
    form = SituationForm(request.POST, request.FILES, law=law, today=today)
    answer, status = _answer(request, form)
    if wish and status is HTTPStatus.BAD_REQUEST:
        status = HTTPStatus.OK
    context = _context(form, law, answer=answer, is_switched=bool(wish))
    return keep_switch(render(request, "portal/estimator.html", context, status=status), wish)


def _answer(request: HttpRequest, form: SituationForm) -> tuple[Answer | None, HTTPStatus]:
    """Estimate what was asked, or leave at the form's fields why not."""
    wait_seconds: int = getattr(request, "wait_seconds", 0)
    if not form.is_valid():
        return None, HTTPStatus.BAD_REQUEST
    if wait_seconds:
        form.add_error(
            None,
            _("Too many questions came from your address. Please ask again in %(seconds)s seconds.")
            % {"seconds": wait_seconds},
        )
        return None, HTTPStatus.TOO_MANY_REQUESTS
    try:
        estimate = estimate_benefits(form.situation(), form.bill())
    except YibaoError as error:
        if error.code not in SENTENCES:
            raise
        form.refuse(error)
        return None, HTTPStatus.BAD_REQUEST
    return answer_of(estimate), HTTPStatus.OK


def _context(
    form: SituationForm, law: Law, *, answer: Answer | None = None, is_switched: bool = False
) -> dict[str, Any]:
    """What the page shows: a press on a switch is no question, so nothing is blamed for being empty."""
    return {
        "form": form,
        "form_id": "estimate",
        "title": own(law.scheme.title),
        "answer": answer,
        "shows_errors": form.is_bound and bool(form.errors) and not is_switched,
        "counted": [field for field in form if field.name.startswith(COUNTED)],
        "further": [field for field in form if field.name.startswith(FURTHER)],
        "has_counted": any(name.startswith((COUNTED, "account")) and value for name, value in form.data.items()),
    }
