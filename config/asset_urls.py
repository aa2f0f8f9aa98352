"""Notices about what is decided of assets; see asset_notices.py."""

from publicity.urls import notice_pages

urlpatterns = notice_pages("distribution", "disposal")
