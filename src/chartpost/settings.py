"""Django's settings, all derived from `chartpost.kernel.config`. Nothing is set by hand elsewhere."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from chartpost.kernel.config import config
from chartpost.kernel.keys import secret_key

CONFIG = config()
PACKAGE = Path(__file__).resolve().parent

DEBUG = False
SECRET_KEY = secret_key()
BASE_HOST = urlsplit(CONFIG.base_url).hostname or "localhost"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", BASE_HOST, *CONFIG.allowed_hosts]
CSRF_TRUSTED_ORIGINS = [CONFIG.base_url]
ROOT_URLCONF = "chartpost.urls"
WSGI_APPLICATION = "chartpost.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "identity.Account"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_tasks",
    "django_tasks_db",
    "oauth2_provider",
    "chartpost.kernel",
    "chartpost.ledger",
    "chartpost.identity",
    "chartpost.records",
    "chartpost.delivery",
    "chartpost.shares",
    "chartpost.rights",
    "chartpost.portal",
    "chartpost.desk",
    "chartpost.gateways.mail",
    "chartpost.gateways.smart",
    "chartpost.gateways.sealed",
    "chartpost.gateways.shl",
]

MIDDLEWARE = [
    "chartpost.kernel.middleware.SecurityHeaders",
    "chartpost.kernel.middleware.NoSuchAddress",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "chartpost.gateways.smart.opener.KeepsOpener",
    "chartpost.identity.middleware.SessionGuard",
    "chartpost.portal.middleware.ReaderTimeZone",
    "chartpost.portal.middleware.LeadBack",
    "chartpost.desk.middleware.EnglishDesk",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "DIRS": [PACKAGE / "portal" / "templates", PACKAGE / "desk" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chartpost.portal.context.chartpost",
                "chartpost.gateways.smart.entering.entering",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django.templatetags.i18n", "chartpost.portal.templatetags.ui"],
        },
    }
]


def _database() -> dict[str, Any]:
    if not CONFIG.database_url:
        return {
            "ENGINE": "chartpost.kernel.db.sqlcipher",
            "NAME": CONFIG.home / "chartpost.db",
            "CONN_MAX_AGE": None,
            "OPTIONS": {"cache_mb": CONFIG.sqlite_cache_mb},
        }
    url = urlsplit(CONFIG.database_url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": url.port or "",
        "CONN_MAX_AGE": None,
        "OPTIONS": dict(parse_qsl(url.query)),
    }


DATABASES = {"default": _database()}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "kernel_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-chartpost"
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.tls == "proxy" else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 0 if BASE_HOST in {"localhost", "127.0.0.1", "::1"} else 31_536_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["chartpost.kernel.uploads.CappedUploadHandler"]

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # who finds an open session does not take the account over by its e-mail
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "chartpost.identity.adapter.AccountAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = CONFIG.trusted_proxies
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TRUST_ENABLED = False
MFA_TOTP_ISSUER = "Chartpost"
MFA_ADAPTER = "chartpost.identity.adapter.SecondFactorAdapter"
USERSESSIONS_TRACK_ACTIVITY = True
OAUTH2_PROVIDER_APPLICATION_MODEL = "identity.App"
OAUTH2_PROVIDER_GRANT_MODEL = "identity.AuthCode"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "identity.AccessToken"  # noqa: S105 - names of tables
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "identity.RefreshToken"  # noqa: S105 - same
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "identity.IdToken"  # noqa: S105 - same
OAUTH2_PROVIDER: dict[str, Any] = {
    "OAUTH2_VALIDATOR_CLASS": "chartpost.gateways.smart.validator.SmartValidator",
    "OIDC_ENABLED": True,
    "ACCESS_TOKEN_EXPIRE_SECONDS": CONFIG.access_token_minutes * 60,
    "ACCESS_TOKEN_GENERATOR": "chartpost.gateways.smart.validator.new_token",
    "REFRESH_TOKEN_GENERATOR": "chartpost.gateways.smart.validator.new_token",
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/welcome/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [PACKAGE / "locale", *sorted(PACKAGE.glob("*/locale"))]  # ahead of what libraries say
LANGUAGE_COOKIE_SECURE = LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.home / "static"
STATICFILES_DIRS = [("", PACKAGE / "static" / "built")] if (PACKAGE / "static" / "built").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

EMAIL_BACKEND = "chartpost.gateways.mail.backend.Outbox"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG.mail_from
LOGGING_CONFIG = "chartpost.kernel.logs.configure"
LOGGING: dict[str, Any] = {}
SILENCED_SYSTEM_CHECKS: list[str] = []
