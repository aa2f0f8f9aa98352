from django.urls import path

from .views import returns, traces

urlpatterns = [
    path("trace/<slug:kind>/<int:pk>/", traces.trace_page, name="trace"),
    path("monthly/", returns.monthly_list, name="monthly_list"),
    path("monthly/prepare/", returns.monthly_prepare, name="monthly_prepare"),
    path("monthly/<int:pk>/", returns.monthly_detail, name="monthly_detail"),
]
