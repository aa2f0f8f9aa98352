from django.urls import path

from . import views

urlpatterns = [
    path("projects/<int:pk>/notices/", views.notice_list, name="notice_list"),
    path("projects/<int:pk>/notices/new/", views.notice_new, name="notice_new"),
    path("projects/<int:pk>/notices/print/", views.notice_draft, name="notice_draft"),
    path("notices/<int:pk>/end/", views.notice_end, name="notice_end"),
    path("notices/<int:pk>/print/", views.notice_print, name="notice_print"),
]
