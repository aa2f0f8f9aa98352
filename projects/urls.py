from django.urls import include, path

from funds.views import sheets

from .views import (
    adjustments,
    bank,
    editing,
    filings,
    idle,
    library,
    meetings_papers,
    negative,
    payment_claims,
    payment_papers,
    payments,
    plans,
    procedure,
    projects,
    records,
    responsibilities,
)

urlpatterns = [
    path("projects/", projects.project_list, name="project_list"),
    path("projects/new/", editing.project_new, name="project_new"),
    path("projects/places/", editing.place_options, name="place_options"),
    path("projects/<int:pk>/", projects.project_detail, name="project_detail"),
    path("projects/<int:pk>/edit/", editing.project_edit, name="project_edit"),
    path("projects/<int:pk>/print/", projects.project_print, name="project_print"),
    path(
        "projects/<int:pk>/procedure/",
        procedure.procedure_certificate,
        name="procedure_certificate",
    ),
    path("projects/<int:pk>/differences/", records.project_differences, name="project_differences"),
    # What its steps recorded, as paper.
    path(
        "village-meetings/<int:pk>/print/",
        records.village_meeting_print,
        name="village_meeting_print",
    ),
    path("letters/<int:pk>/print/", records.letter_print, name="letter_print"),
    path("acceptances/<int:pk>/print/", records.acceptance_print, name="acceptance_print"),
    path("settlements/<int:pk>/print/", records.settlement_print, name="settlement_print"),
    path("revisions/<int:pk>/print/", records.answers_print, name="answers_print"),
    # 九不得: what waits for a second person, what the leading group lets pass.
    path("negative/", negative.negative_list, name="negative_list"),
    path("negative/<int:pk>/", negative.negative_review, name="negative_review"),
    path("projects/<int:pk>/waivers/new/", negative.waiver_new, name="waiver_new"),
    path("waivers/<int:pk>/", negative.waiver_detail, name="waiver_detail"),
    path("waivers/<int:pk>/edit/", negative.waiver_edit, name="waiver_edit"),
    # Payment requests are made on their project.
    path("projects/<int:pk>/payments/new/", payments.payment_new, name="payment_new"),
    path("projects/<int:pk>/payments/preview/", payments.payment_preview, name="payment_preview"),
    # Adjustments too.
    path("projects/<int:pk>/adjustments/new/", adjustments.adjustment_new, name="adjustment_new"),
    path("adjustments/", adjustments.adjustment_list, name="adjustment_list"),
    path("adjustments/<int:pk>/", adjustments.adjustment_detail, name="adjustment_detail"),
    path("adjustments/<int:pk>/edit/", adjustments.adjustment_edit, name="adjustment_edit"),
    path("adjustments/<int:pk>/print/", adjustments.adjustment_print, name="adjustment_print"),
    path("payments/", payments.payment_list, name="payment_list"),
    path("payments/<int:pk>/", payments.payment_detail, name="payment_detail"),
    path("payments/<int:pk>/edit/", payments.payment_edit, name="payment_edit"),
    path("payments/<int:pk>/print/", payments.payment_print, name="payment_print"),
    path("payments/<int:pk>/claim/", payment_claims.payment_claim, name="payment_claim"),
    path("payments/<int:pk>/papers/", payment_papers.payment_papers, name="payment_papers"),
    path(
        "payment-papers/<int:pk>/strike/",
        payment_papers.payment_paper_strike,
        name="payment_paper_strike",
    ),
    # 银行核对
    path("bank/", bank.bank_line_list, name="bank_line_list"),
    path("bank/import/", bank.bank_import, name="bank_import"),
    path("bank/confirm/", bank.bank_confirm, name="bank_confirm"),
    path("bank/export/", sheets.export, {"name": "bank"}, "bank_export"),
    # 闲置与结余: how long money has lain where it is, and what became of surplus.
    path("idle/", idle.idle_list, name="idle_list"),
    path("idle/export/", sheets.export, {"name": "idle"}, "idle_export"),
    path("surplus/", idle.surplus_list, name="surplus_list"),
    path("surplus/export/", sheets.export, {"name": "surplus"}, "surplus_export"),
    # 责任实名.
    path(
        "projects/<int:pk>/responsibilities/new/",
        responsibilities.responsibility_new,
        name="responsibility_new",
    ),
    path(
        "projects/<int:pk>/responsibilities/print/",
        responsibilities.responsibility_print,
        name="responsibility_print",
    ),
    path("responsibilities/", responsibilities.responsibility_list, name="responsibility_list"),
    path(
        "responsibilities/export/",
        sheets.export,
        {"name": "responsibilities"},
        "responsibility_export",
    ),
    path("responsibilities/day/", responsibilities.responsibility_day, name="responsibility_day"),
    path(
        "responsibilities/person/", responsibilities.responsible_person, name="responsible_person"
    ),
    path(
        "responsibilities/<int:pk>/hand-over/",
        responsibilities.responsibility_hand_over,
        name="responsibility_hand_over",
    ),
    path(
        "responsibilities/<int:pk>/accept/",
        responsibilities.responsibility_accept,
        name="responsibility_accept",
    ),
    path("library/", library.library, name="library"),
    path("library/rank/", library.library_rank, name="library_rank"),
    path("library/carry/", library.library_carry, name="library_carry"),
    path("library/entries/", library.library_entries, name="library_entries"),
    path("library/export/", sheets.export, {"name": "library"}, "library_export"),
    path("plans/", plans.plan_list, name="plan_list"),
    path("plans/new/", plans.plan_new, name="plan_new"),
    path("plans/export/", sheets.export, {"name": "plans"}, "plan_export"),
    path("plans/<int:pk>/", plans.plan_detail, name="plan_detail"),
    path("plans/<int:pk>/edit/", plans.plan_edit, name="plan_edit"),
    path("plans/<int:pk>/items/", plans.plan_items, name="plan_items"),
    path("plans/<int:pk>/print/", plans.plan_print, name="plan_print"),
    path("plans/<int:pk>/scheme/", plans.plan_scheme, name="plan_scheme"),
    path("filings/", filings.filing_list, name="filing_list"),
    path("filings/export/", sheets.export, {"name": "filings"}, "filing_export"),
    path("filings/<int:pk>/", filings.filing_detail, name="filing_detail"),
    path("filings/<int:pk>/print/", filings.filing_print, name="filing_print"),
    path("plan-items/<int:pk>/drop/", plans.plan_item_drop, name="plan_item_drop"),
    path("meetings/", include("projects.meeting_urls")),
    path(
        "projects/<int:pk>/resolutions/<int:item>/",
        meetings_papers.project_resolution,
        name="project_resolution",
    ),
]
