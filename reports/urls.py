from django.urls import path

from .views import checks, deliveries, reconciliation, returns, rollups, sheets, traces

urlpatterns = [
    path("trace/<slug:kind>/<int:pk>/", traces.trace_page, name="trace"),
    path("monthly/", returns.monthly_list, name="monthly_list"),
    path("monthly/prepare/", returns.monthly_prepare, name="monthly_prepare"),
    path("monthly/matrix/", rollups.monthly_matrix, name="monthly_matrix"),
    path("monthly/bulletin/", rollups.monthly_bulletin, name="monthly_bulletin"),
    path("monthly/<int:pk>/", returns.monthly_detail, name="monthly_detail"),
    path("monthly/<int:pk>/print/", sheets.monthly_print, name="monthly_print"),
    path("monthly/<int:pk>/export/", sheets.monthly_export, name="monthly_export"),
    path("monthly/<int:pk>/check/", checks.monthly_check, name="monthly_check"),
    path("monthly/<int:pk>/waive/<slug:code>/", checks.check_waive, name="check_waive"),
    path("monthly/waivers/<int:pk>/agree/", checks.check_agree, name="check_agree"),
    path("monthly/versions/<int:pk>/", checks.version_detail, name="version_detail"),
    path("monthly/<int:pk>/unlock/", checks.unlock_new, name="unlock_new"),
    path("roll-ups/prepare/", rollups.rollup_prepare, name="rollup_prepare"),
    path("roll-ups/<int:pk>/", rollups.rollup_detail, name="rollup_detail"),
    path("roll-ups/<int:pk>/export/", rollups.rollup_export, name="rollup_export"),
    path("deliveries/", deliveries.delivery_list, name="delivery_list"),
    path("deliveries/import/", deliveries.delivery_import, name="delivery_import"),
    path("deliveries/<int:pk>/package/", deliveries.delivery_package, name="delivery_package"),
    path(
        "deliveries/received/<int:pk>/receipt/",
        deliveries.delivery_receipt,
        name="delivery_receipt",
    ),
    path("monthly/received/<int:pk>/", deliveries.received_detail, name="received_detail"),
    path("monthly/received/unlocks/<int:pk>/", deliveries.received_unlock, name="received_unlock"),
    path("deliveries/<int:pk>/question/", deliveries.delivery_question, name="delivery_question"),
    path("reconciliation/", reconciliation.reconciliation, name="reconciliation"),
    path("monthly/unlocks/<int:pk>/", checks.unlock_detail, name="unlock_detail"),
]
