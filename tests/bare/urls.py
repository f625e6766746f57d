"""The app's own pages, and nothing else."""

from django.urls import include, path

urlpatterns = [path("avatar/", include("django_avaturn.urls"))]
