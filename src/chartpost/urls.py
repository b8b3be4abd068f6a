"""Addresses of the whole program."""

from django.urls import include, path

from chartpost.kernel import health
from chartpost.portal.views.language import switch

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("i18n/setlang/", switch, name="set_language"),
    path("account/", include("allauth.urls")),
    path("desk/", include("chartpost.desk.urls")),
    path("", include("chartpost.gateways.smart.urls")),
    path("", include("chartpost.gateways.sealed.urls")),
    path("", include("chartpost.gateways.shl.urls")),
    path("setup/", include("chartpost.portal.setup.urls")),
    path("", include("chartpost.portal.urls")),
]

handler403 = "chartpost.portal.errors.forbidden"
handler404 = "chartpost.portal.errors.not_found"
handler500 = "chartpost.portal.errors.failed"
