"""Addresses of the SMART door."""

from django.urls import path

from chartpost.gateways.smart import authorize, brands, developers, discovery, introspect, register, token

app_name = "smart"
urlpatterns = [
    path(".well-known/smart-configuration", discovery.smart, name="configuration"),
    path("oauth/.well-known/openid-configuration", discovery.openid, name="openid"),
    path("oauth/jwks.json", discovery.jwks, name="jwks"),
    path("oauth/style.json", discovery.style, name="style"),
    path("oauth/authorize", authorize.Authorize.as_view(), name="authorize"),
    path("oauth/consent/<str:key>/", authorize.answer, name="consent"),
    path("oauth/token", token.token, name="token"),
    path("oauth/introspect", introspect.introspect, name="introspect"),
    path("oauth/revoke", token.revoke, name="revoke"),
    path("brands.json", brands.brands, name="brands"),
    path("brands/logo.svg", brands.logo, name="brand_logo"),
    path("developers/", developers.page, name="developers"),
    path("developers/console/", developers.console, name="console"),
    path("oauth/register", register.register, name="register"),
]
