from django.urls import path

from . import views

urlpatterns = [path("trace/<slug:kind>/<int:pk>/", views.trace_page, name="trace")]
