from django.urls import path

from funds.views import sheets

from .views import declarations, evaluations, monitorings, samples, summaries, targets

urlpatterns = [
    path("projects/<int:pk>/targets/", targets.target_list, name="target_list"),
    path("projects/<int:pk>/targets/new/", targets.target_new, name="target_new"),
    path("projects/<int:pk>/targets/fill/", targets.target_fill, name="target_fill"),
    path("projects/<int:pk>/declarations/new/", targets.declaration_new, name="declaration_new"),
    path("projects/<int:pk>/monitorings/new/", monitorings.monitoring_new, name="monitoring_new"),
    path("projects/<int:pk>/evaluations/new/", evaluations.evaluation_new, name="evaluation_new"),
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
    # 自评、抽查与结果应用
    path("evaluations/", declarations.life_list, {"of": "evaluation"}, "evaluation_list"),
    path("evaluations/<int:pk>/", evaluations.evaluation_detail, name="evaluation_detail"),
    path("evaluations/<int:pk>/edit/", evaluations.evaluation_edit, name="evaluation_edit"),
    path("evaluations/<int:pk>/print/", evaluations.evaluation_print, name="evaluation_print"),
    path("evaluations/<int:pk>/check/", evaluations.spot_check_new, name="spot_check_new"),
    path("result-uses/<int:pk>/done/", evaluations.result_done, name="result_done"),
    path("samples/", samples.sample_list, name="sample_list"),
    path("samples/new/", samples.sample_new, name="sample_new"),
    path("samples/<int:pk>/", samples.sample_detail, name="sample_detail"),
    path("samples/<int:pk>/draw/", samples.sample_draw, name="sample_draw"),
    path("samples/<int:pk>/list.txt", samples.sample_text, name="sample_text"),
    path("performance/summary/", summaries.performance_summary, name="performance_summary"),
    path(
        "performance/summary/export/",
        sheets.export,
        {"name": "performance"},
        "performance_summary_export",
    ),
]
