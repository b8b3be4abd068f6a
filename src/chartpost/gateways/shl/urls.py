"""Addresses of SMART Health Links: the page that opens them, the pages that make them, what programs ask."""

from django.urls import path

from chartpost.gateways.shl import api, viewer, views

app_name = "shl"
urlpatterns = [
    path("shl", viewer.viewer, name="viewer"),
    path("shl/", viewer.viewer, name="viewer_too"),
    path("shl/links/", views.links, name="links"),
    path("shl/links/new/", views.new, name="new"),
    path("shl/links/<str:ref>/stop/", views.stop, name="stop"),
    path("shl/m/<str:token>", api.link, name="link"),
    path("shl/f/<str:location>", api.file, name="file"),
]
