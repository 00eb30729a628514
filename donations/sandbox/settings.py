"""Settings of the sandbox site; `__main__` puts in what depends on the data folder and the public address."""

import secrets
from typing import Any

from django.utils.translation import gettext_lazy as _

DEBUG = False
SECRET_KEY = secrets.token_hex(32)
# Clients keep the Host header of the service they believe they talk to (edge.qiwi.com).
ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS: list[str] = []
CSRF_COOKIE_NAME = "sandbox_csrf"
PUBLIC_URL = ""

INSTALLED_APPS = ["django.contrib.humanize", "donations.sandbox.apps.SandboxConfig"]
MIDDLEWARE = [
    "donations.sandbox.request_log.RequestLog",
    "django.middleware.locale.LocaleMiddleware",
    "donations.sandbox.guard.Guard",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "donations.sandbox.urls"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "sandbox.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

USE_TZ = True
TIME_ZONE = "Europe/Moscow"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ru", _("Russian")), ("uk", _("Ukrainian"))]

# Django's own loggers print paths, and a path here holds a wallet's number: only our own log speaks.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "django": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "sandbox": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
