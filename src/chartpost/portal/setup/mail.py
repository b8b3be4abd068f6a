"""The set-up page that sends a test e-mail."""

import smtplib

from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chartpost.kernel import facts
from chartpost.kernel.config import config
from chartpost.portal.setup import forms
from chartpost.portal.setup.answers import Answers
from chartpost.portal.setup.steps import after
from chartpost.portal.setup.views import page, posted, with_code


@require_http_methods(["GET", "HEAD", "POST"])
@with_code
def mail(request: HttpRequest, code: str, answers: Answers) -> HttpResponse:
    """Send a test e-mail and say what came of it; without a mail server, say where e-mails are kept."""
    if "skip" in request.POST:
        answers.put("mail", {"outcome": "skipped"})
        return redirect(after("mail", answers).href(code))
    form = forms.Mail(posted(request), initial={"to": answers.of("office").get("email", "")})
    trouble = ""
    if request.method == "POST" and form.is_valid():
        trouble = _send(form.cleaned_data["to"])
        if not trouble:
            answers.put("mail", {"outcome": "sent", "to": form.cleaned_data["to"]})
    more = {
        "form": form,
        "trouble": trouble,
        "outcome": answers.of("mail").get("outcome", ""),
        "to": answers.of("mail").get("to", ""),
        "server": bool(config().smtp_url),
        "outbox": config().home / "outbox",
        "going_on": after("mail", answers).href(code),
    }
    return page(request, code, answers, "mail", "setup/mail.html", more)


def _send(to: str) -> str:
    """Send the test e-mail; returns what went wrong, in words, or nothing."""
    subject = _("Test e-mail from your records office")
    body = _("This e-mail shows that your records office can send e-mail. You do not need to do anything.")
    try:
        send_mail(subject, body, None, [to])
    except smtplib.SMTPAuthenticationError:
        return _("The mail server did not accept the user name or password in CHARTPOST_SMTP_URL.")
    except smtplib.SMTPRecipientsRefused:
        return _("The mail server did not accept this address.")
    except (smtplib.SMTPException, OSError) as error:
        return _("The mail server did not answer as expected (%(kind)s). Check CHARTPOST_SMTP_URL.") % {
            "kind": type(error).__name__
        }
    if config().smtp_url:
        facts.record(facts.MAIL_TESTED, "set-up")
    return ""
