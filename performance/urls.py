from django.urls import path

from .views import declarations, monitorings, targets

urlpatterns = [
    path("projects/<int:pk>/targets/", targets.target_list, name="target_list"),
    path("projects/<int:pk>/targets/new/", targets.target_new, name="target_new"),
    path("projects/<int:pk>/targets/fill/", targets.target_fill, name="target_fill"),
    path("projects/<int:pk>/declarations/new/", targets.declaration_new, name="declaration_new"),
    path("projects/<int:pk>/monitorings/new/", monitorings.monitoring_new, name="monitoring_new"),
    path("targets/<int:pk>/edit/", targets.target_edit, name="target_edit"),
    path("targets/<int:pk>/drop/", targets.target_drop, name="target_drop"),
    path("declarations/", declarations.life_list, {"of": "declaration"}, "declaration_list"),
    path("declarations/<int:pk>/", declarations.declaration_detail, name="declaration_detail"),
    path("declarations/<int:pk>/edit/", declarations.declaration_edit, name="declaration_edit"),
    path("declarations/<int:pk>/print/", declarations.declaration_print, name="declaration_print"),
    path(
        "declarations/<int:pk>/publish/",
        declarations.declaration_publish,
        name="declaration_publish",
    ),
    # 双监控
    path("monitorings/", declarations.life_list, {"of": "monitoring"}, "monitoring_list"),
    path("monitorings/<int:pk>/", monitorings.monitoring_detail, name="monitoring_detail"),
    path("monitorings/<int:pk>/edit/", monitorings.monitoring_edit, name="monitoring_edit"),
    path("monitorings/<int:pk>/print/", monitorings.monitoring_print, name="monitoring_print"),
    path("monitorings/<int:pk>/hold/", monitorings.payment_hold_new, name="payment_hold_new"),
    path("payment-holds/", declarations.life_list, {"of": "payment_hold"}, "payment_hold_list"),
    path("payment-holds/<int:pk>/", monitorings.payment_hold_detail, name="payment_hold_detail"),
]
