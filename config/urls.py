"""Every page: one list for each app, in the order of the house."""

from django.urls import include, path

urlpatterns = [
    path("", include("organizations.urls")),
    path("", include("approvals.urls")),
    path("", include("funds.urls")),
    path("", include("projects.urls")),
    path("", include("publicity.urls")),
    path("", include("performance.urls")),
]
