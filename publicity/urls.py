from django.urls import URLPattern, path

from .views import lists, notices, objections, postings, public


def notice_pages(*names: str) -> list[URLPattern]:
    """The notices of each of these things, and where one is published."""
    lists = [
        path(f"{of}s/<int:pk>/notices/", notices.notice_list, {"of": of}, name=f"{of}_notice_list")
        for of in names
    ]
    return lists + [
        path(
            f"{of}s/<int:pk>/notices/publish/<slug:code>/",
            notices.notice_publish,
            {"of": of},
            name=f"{of}_notice_publish",
        )
        for of in names
    ]


urlpatterns = [
    path("projects/<int:pk>/notices/", notices.notice_list, name="notice_list"),
    path(
        "projects/<int:pk>/notices/publish/<slug:code>/",
        notices.notice_publish,
        name="notice_publish",
    ),
    *notice_pages("plan", "adjustment", "meeting"),
    path("notices/due/", lists.notice_due, name="notice_due"),
    path("notices/", lists.notice_index, name="notice_index"),
    path("objections/", lists.objection_list, name="objection_list"),
    path("notices/<int:pk>/", notices.notice_detail, name="notice_detail"),
    path("notices/<int:pk>/print/", notices.notice_print, name="notice_print"),
    path("notices/<int:pk>/postings/new/", postings.posting_new, name="posting_new"),
    path("postings/<int:pk>/take-down/", postings.take_down_new, name="take_down_new"),
    path("notices/<int:pk>/objections/new/", objections.objection_new, name="objection_new"),
    path("objections/<int:pk>/", objections.objection_detail, name="objection_detail"),
    path("public/notices/", public.public_notice_list, name="public_notice_list"),
    path("public/notices/<slug:check_code>/", public.public_notice, name="public_notice"),
    path("public/objections/", public.public_objection, name="public_objection"),
]
