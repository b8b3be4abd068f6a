"""Addresses of the desk."""

from django.urls import path

from chartpost.desk.views import endings, fee, identity, package, queue, release, scope, workbench

app_name = "desk"

_R = "requests/<str:ref>/"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path(_R, workbench.workbench, name="request"),
    path(_R + "step/", workbench.step, name="step"),
    path(_R + "assign/", queue.assign, name="assign"),
    path(_R + "message/", workbench.message, name="message"),
    path(_R + "note/", workbench.note, name="note"),
    path(_R + "person/", identity.TiePage.as_view(), name="tie"),
    path(_R + "identity/", identity.IdentityPage.as_view(), name="identity"),
    path(_R + "standing/", identity.StandingPage.as_view(), name="standing"),
    path(_R + "ask/", identity.AskPage.as_view(), name="ask_info"),
    path(_R + "scope/", scope.ScopePage.as_view(), name="scope"),
    path(_R + "entries/", scope.EntriesPage.as_view(), name="entries"),
    path(_R + "exclusions/", scope.ExclusionsPage.as_view(), name="exclusions"),
    path(_R + "exclusions/<str:kind>/<str:fhir_id>/", scope.DecidePage.as_view(), name="decide"),
    path(_R + "review/", scope.AskReviewPage.as_view(), name="ask_review"),
    path(_R + "package/", package.PackagePage.as_view(), name="package"),
    path(_R + "package/<str:part_ref>/", package.part, name="part"),
    path(_R + "quality/", package.QaPage.as_view(), name="qa"),
    path(_R + "fee/", fee.FeePage.as_view(), name="fee"),
    path(_R + "letters/", release.MakeLetterPage.as_view(), name="make_letter"),
    path(_R + "release/", release.ReleasePage.as_view(), name="release"),
    path(_R + "deliveries/", release.DeliveriesPage.as_view(), name="deliveries"),
    path(_R + "address-sheet.pdf", release.sheet, name="sheet"),
    path(_R + "extend/", endings.ExtendPage.as_view(), name="extend"),
    path(_R + "refuse/", endings.DenyPage.as_view(), name="deny"),
    path(_R + "refusal-review/", endings.DenialReviewPage.as_view(), name="denial_review"),
    path(_R + "redirect/", endings.RedirectPage.as_view(), name="redirect"),
    path(_R + "no-records/", endings.NoRecordsPage.as_view(), name="no_records"),
    path(_R + "withdraw/", endings.WithdrawPage.as_view(), name="withdraw"),
    path(_R + "delivery-failed/", endings.FailedPage.as_view(), name="delivery_failed"),
    path("letters/<str:ref>.pdf", release.letter, name="letter"),
]
