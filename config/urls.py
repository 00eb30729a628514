"""Addresses."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView, TemplateView

from donations.host.welcome import welcome

urlpatterns = [
    path("admin/", admin.site.urls),
    # A new password comes by a link from the host, with or without a mail server, and there are no addresses to manage.
    path("accounts/password/reset/", TemplateView.as_view(template_name="account/password_reset.html")),
    path("accounts/email/", RedirectView.as_view(pattern_name="panel:overview")),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("welcome/", welcome, name="welcome"),
    path("host/", include("donations.host.urls")),
    path("panel/widgets/", include("widgets.panel.urls")),
    path("panel/helpers/", include("widgets.panel.helper_urls")),
    path("panel/", include("donations.panel.urls")),
    # Browsers ask for it on pages that name no icon, such as Django's admin.
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}img/favicon.svg")),
    path("", include("widgets.urls")),
]
