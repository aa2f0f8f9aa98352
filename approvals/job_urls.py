from django.urls import path

from . import views_jobs

urlpatterns = [
    path("jobs/", views_jobs.job_list, name="job_list"),
    path("jobs/<int:pk>/", views_jobs.job_detail, name="job_detail"),
    path("jobs/<int:pk>/confirm/", views_jobs.job_confirm, name="job_confirm"),
    path("jobs/<int:pk>/result/", views_jobs.job_result, name="job_result"),
]
