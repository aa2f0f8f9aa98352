from django.urls import path

from funds.views import sheets

from .views import alerts, findings, rectifying

urlpatterns = [
    path("alerts/", alerts.alert_list, name="alert_list"),
    path("alerts/rules/", alerts.rule_list, name="alert_rule_list"),
    path("alerts/rules/<slug:code>/", alerts.rule_detail, name="alert_rule_detail"),
    path("alerts/<int:pk>/", alerts.alert_detail, name="alert_detail"),
    path("findings/", findings.finding_list, name="finding_list"),
    path("findings/new/", findings.finding_new, name="finding_new"),
    # 三清单
    path("findings/lists/", findings.three_lists, name="finding_three_lists"),
    path(
        "findings/lists/problems/", sheets.export, {"name": "finding_problems"},
        "finding_problem_export",
    ),
    path(
        "findings/lists/responsibilities/", sheets.export, {"name": "finding_responsibilities"},
        "finding_responsibility_export",
    ),
    path(
        "findings/lists/tasks/", sheets.export, {"name": "finding_tasks"}, "finding_task_export"
    ),
    path("findings/<int:pk>/", findings.finding_detail, name="finding_detail"),
    path("findings/<int:pk>/print/", findings.finding_print, name="finding_print"),
    path("findings/<int:pk>/progress/", rectifying.progress_new, name="finding_progress_new"),
    path("findings/<int:pk>/recoveries/", rectifying.recovery_new, name="recovery_new"),
    path("recoveries/<int:pk>/strike/", rectifying.recovery_strike, name="recovery_strike"),
    path(
        "findings/<int:pk>/accountability/", rectifying.accountability_new,
        name="accountability_new",
    ),
    path("findings/<int:pk>/transfer/", rectifying.transfer_new, name="transfer_new"),
    path("escalations/<int:pk>/see/", rectifying.escalation_see, name="escalation_see"),
]  # fmt: skip
