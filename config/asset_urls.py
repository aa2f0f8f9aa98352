"""Notices about what is decided of assets; see asset_notices.py."""

from django.urls import path

from publicity.views import notices

urlpatterns = [
    path(f"{of}s/<int:pk>/notices/", notices.notice_list, {"of": of}, name=f"{of}_notice_list")
    for of in ("distribution", "disposal")
] + [
    path(
        f"{of}s/<int:pk>/notices/publish/<slug:code>/",
        notices.notice_publish,
        {"of": of},
        name=f"{of}_notice_publish",
    )
    for of in ("distribution", "disposal")
]
