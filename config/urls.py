from django.http import HttpRequest, HttpResponse
from django.contrib.auth.decorators import login_not_required
from django.urls import path

urlpatterns = []
