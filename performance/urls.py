from django.urls import path

from . import views

urlpatterns = [
    path("projects/<int:pk>/targets/", views.target_list, name="target_list"),
    path("projects/<int:pk>/targets/new/", views.target_new, name="target_new"),
    path("targets/<int:pk>/edit/", views.target_edit, name="target_edit"),
]
