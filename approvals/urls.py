from django.urls import path

from . import views

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/done/", views.inbox_done, name="inbox_done"),
    path("inbox/mine/", views.inbox_mine, name="inbox_mine"),
    path("inbox/copied/", views.inbox_copied, name="inbox_copied"),
    path("inbox/copied/<int:pk>/", views.copy_open, name="inbox_copy_open"),
    path("act/<str:life>/<int:pk>/<str:action>/", views.act, name="act"),
]
