"""The tests' site and the rivals."""

from django.urls import path

from tests.urls import urlpatterns as tested

from . import rivals

urlpatterns = [
    *tested,
    path("plain/", rivals.plain_site.urls),
    path("constant/", rivals.constant),
    path("naive/", rivals.naive),
    path("pooled/", rivals.pooled),
    path("pooled-drf/", rivals.PooledView.as_view()),
]
