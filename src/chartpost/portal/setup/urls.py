"""Addresses of the set-up pages; the code in the address is the key, and is good once."""

from django.urls import path

from chartpost.portal.setup import mail, recovery, views

app_name = "setup"
urlpatterns = [
    path("<str:code>/", views.start, name="start"),
    path("<str:code>/facilities/", views.facilities, name="facilities"),
    path("<str:code>/facilities/remove/", views.remove_facility, name="remove_facility"),
    path("<str:code>/mail/", mail.mail, name="mail"),
    path("<str:code>/recovery/", recovery.recovery, name="recovery"),
    path("<str:code>/check/", views.check, name="check"),
    path("<str:code>/account/", views.account, name="account"),
    path("<str:code>/<slug:name>/", views.step, name="step"),
]
