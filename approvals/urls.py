from django.urls import path

from . import views, views_attempts, views_office

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/done/", views.inbox_done, name="inbox_done"),
    path("inbox/mine/", views.inbox_mine, name="inbox_mine"),
    path("inbox/copied/", views.inbox_copied, name="inbox_copied"),
    path("inbox/copied/<int:pk>/", views.copy_open, name="inbox_copy_open"),
    path("office/<str:life>/<int:pk>/assign/", views_office.assign, name="office_assign"),
    path("office/<str:life>/<int:pk>/ask/", views_office.ask, name="office_ask"),
    path("office/<str:life>/<int:pk>/remind/", views_office.remind, name="office_remind"),
    path("refused/", views_attempts.attempt_list, name="attempt_list"),
    path("act/<str:life>/<int:pk>/<str:action>/", views.act, name="act"),
]
