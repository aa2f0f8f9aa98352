"""Every page: one list for each app, in the order of the house."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("demo-login/", views.demo_login, name="demo_login"),
    path("correspondence/", views.correspondence, name="correspondence"),
    path("healthz", views.healthz, name="healthz"),
    path("", include("organizations.urls")),
    path("", include("approvals.urls")),
    path("", include("approvals.job_urls")),
    path("", include("approvals.evidence_urls")),
    path("", include("funds.urls")),
    path("", include("funds.export_urls")),
    path("", include("projects.urls")),
    path("", include("publicity.urls")),
    path("", include("performance.urls")),
    path("", include("assets.urls")),
    path("", include("config.asset_urls")),
    path("", include("supervision.urls")),
    path("", include("reports.urls")),
    path("api/", include("config.api_urls")),
]

handler400 = "config.views.bad_request"
handler403 = "django.views.defaults.permission_denied"
handler404 = "django.views.defaults.page_not_found"
handler500 = "django.views.defaults.server_error"
