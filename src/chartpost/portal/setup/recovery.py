"""The set-up page that shows the recovery key, once, to print."""

import hashlib
import hmac
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from chartpost.kernel import clock, facts, keys
from chartpost.portal.setup import forms
from chartpost.portal.setup.answers import Answers
from chartpost.portal.setup.steps import after
from chartpost.portal.setup.views import page, with_code


@require_http_methods(["GET", "HEAD", "POST"])
@with_code
def recovery(request: HttpRequest, code: str, answers: Answers) -> HttpResponse:
    """Make the key, show it on this one answer only, and go on once a group of it was typed from the paper."""
    asked = answers.of("recovery_asked")
    if request.method == "POST" and "make" in request.POST:
        return _made(request, code, answers)
    if request.method != "POST" or not asked:
        more = {"done": answers.has("recovery"), "going_on": after("recovery", answers).href(code)}
        return page(request, code, answers, "recovery", "setup/recovery.html", more)
    form = forms.Recovery(request.POST, number=asked["number"])
    if form.is_valid() and not _matches(form.cleaned_data["group"], asked):
        form.add_error("group", forms.wrong_group(asked["number"]))
    if form.is_valid():
        facts.record(facts.RECOVERY_PRINTED, "set-up")
        answers.put("recovery", {"shown_at": clock.now().isoformat()})
        answers.put("recovery_asked", {})
        return redirect(after("recovery", answers).href(code))
    return page(request, code, answers, "recovery", "setup/recovery_key.html", {"form": form, "groups": []})


def _made(request: HttpRequest, code: str, answers: Answers) -> HttpResponse:
    groups = keys.recovery_key_new().split("-")
    number = secrets.randbelow(len(groups)) + 1
    salt = secrets.token_hex(16)
    answers.put("recovery", {})
    answers.put("recovery_asked", {"number": number, "salt": salt, "hash": _hash(groups[number - 1], salt)})
    form = forms.Recovery(number=number)
    return page(request, code, answers, "recovery", "setup/recovery_key.html", {"form": form, "groups": groups})


def _hash(group: str, salt: str) -> str:
    plain = group.strip().upper().translate(str.maketrans("OIL", "011"))
    return hashlib.scrypt(plain.encode(), salt=salt.encode(), n=2**14, r=8, p=1).hex()


def _matches(typed: str, asked: dict[str, str]) -> bool:
    return hmac.compare_digest(_hash(typed, asked["salt"]), asked["hash"])
