from django.urls import path

from . import views_evidence

urlpatterns = [
    path("evidence/upload/", views_evidence.evidence_upload, name="evidence_upload"),
    path("evidence/<int:pk>/", views_evidence.evidence_download, name="evidence_download"),
]
