"""Django settings. What an installation may change is read from the environment, and the README's table lists it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.database import postgres, sqlite
from config.keys import make_key_file
from config.mail import MailServer

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

env = environ.Env()

# --- the installation -------------------------------------------------------------------------------------------------

DATA_DIR = Path(env.str("KOPILKA_DATA", default=str(BASE_DIR / "data"))).expanduser().resolve()
KEY_FILE = DATA_DIR / "keys.env"
make_key_file(KEY_FILE)
environ.Env.read_env(str(KEY_FILE))

PUBLIC_URL = env.str("KOPILKA_URL", default="http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if _public.scheme not in ("http", "https") or not _public.hostname:
    raise ImproperlyConfigured("KOPILKA_URL must be an address such as https://donate.example.org")
HTTPS = _public.scheme == "https"

SECRET_KEY = env.str("KOPILKA_SIGNING_KEY")
SECRET_KEYS = env.list("KOPILKA_SECRET_KEYS")
PEPPER = env.str("KOPILKA_PEPPER")

STALE_AFTER = env.int("KOPILKA_STALE_AFTER", default=90)
DEMO = env.bool("KOPILKA_DEMO", default=False)
ALERT_AGE_MINUTES = env.int("KOPILKA_ALERT_AGE_MINUTES", default=30)
CBR_URL = env.str("KOPILKA_CBR_URL", default="")
NBU_URL = env.str("KOPILKA_NBU_URL", default="")
SANDBOX_URL = env.str("KOPILKA_SANDBOX_URL", default="http://127.0.0.1:8100").rstrip("/")
SANDBOX_PUBLIC_URL = env.str("KOPILKA_SANDBOX_PUBLIC_URL", default=SANDBOX_URL).rstrip("/")

# --- Django -----------------------------------------------------------------------------------------------------------

DEBUG = False
ALLOWED_HOSTS = sorted({_public.hostname, "127.0.0.1", "localhost"})
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "config",
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "django_q",
    "donations",
    "widgets",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.build.build",
            ],
        },
    },
]

_database_url = env.str("DATABASE_URL", default="")
DATABASES = {"default": postgres(_database_url) if _database_url else sqlite(DATA_DIR / "kopilka.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.ModuleStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"

# --- people -----------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "config.accounts.ClosedDoor"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/panel/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# Off without an address. An imaginary server then, so that nothing waits for one on this machine.
_mail_url = env.str("KOPILKA_EMAIL_URL", default="")
SENDS_MAIL = bool(_mail_url)
_mail = MailServer.at(_mail_url) if SENDS_MAIL else MailServer("localhost", 25)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if SENDS_MAIL else 'dummy'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starts_tls, _mail.is_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("KOPILKA_EMAIL_FROM", default=f"kopilka@{_public.hostname}")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # asks for DENY; the stage and the panel show our own overlays in frames

# --- words and times --------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("ru", _("Russian")), ("uk", _("Ukrainian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- work in the background -------------------------------------------------------------------------------------------

Q_CLUSTER = {
    "name": "kopilka",
    "orm": "default",
    "workers": 2,
    "timeout": 65,
    "retry": 120,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "poll": 0.5,
    "save_limit": 60,
    "label": "Kopilka",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "kopilka": {"level": "INFO"},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
