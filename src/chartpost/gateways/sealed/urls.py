"""Addresses of the signed-in pages that send files sealed and ask for them."""

from django.urls import path

from chartpost.gateways.sealed import views, views_drops

app_name = "sealed"
urlpatterns = [
    path("send/", views.send, name="send"),
    path("send/new/", views.send_new, name="send_new"),
    path("shares/", views.shares, name="shares"),
    path("shares/keys/", views.token_new, name="token_new"),
    path("shares/keys/<str:ref>/end/", views.token_end, name="token_end"),
    path("shares/<str:share>/revoke/", views.revoke, name="revoke"),
    path("shares/<str:share>/<str:recipient>/end/", views.end_link, name="end_link"),
    path("shares/<str:share>/<str:recipient>/unlock/", views.unlock, name="unlock"),
    path("drops/", views_drops.drops, name="drops"),
    path("drops/new/", views_drops.drop_new, name="drop_new"),
    path("drops/<str:drop>/", views_drops.drop, name="drop"),
    path("drops/<str:drop>/close/", views_drops.close, name="drop_close"),
    path("drops/<str:drop>/<str:share>/open/", views_drops.arrival, name="drop_open"),
    path("drops/<str:drop>/<str:share>/delete/", views_drops.delete, name="drop_delete"),
]
