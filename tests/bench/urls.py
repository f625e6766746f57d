"""The tests' site and the rivals."""

from django.conf import settings
from django.urls import include, path

from tests.urls import urlpatterns as tested

from . import pages, rivals, stripe_site

urlpatterns = [
    *tested,
    path("ours/", rivals.our_site.urls),
    path("plain/", rivals.plain_site.urls),
    path("constant/", rivals.constant),
    path("naive/", rivals.naive),
    path("pooled/", rivals.pooled),
    path("page/ours/", pages.ours),
    path("page/dialog/", pages.dialog),
    path("page/early/", pages.early),
    path("page/naive/", pages.naive),
    path("page/ideal/", pages.ideal),
    path("page/ideal/session/", pages.ideal_session),
    path("page/gallery/<name>/", pages.gallery),
    path("media/<path:path>", pages.picture),
    path("static/<path:path>", pages.static_file),
    path("pooled-drf/", rivals.PooledView.as_view()),
    path("one-insert/", rivals.one_insert),
]

if "djstripe" in settings.RIVAL_APPS:
    urlpatterns += [
        path("djstripe/", include("djstripe.urls")),
        path("customers/", stripe_site.customers().urls),
    ]
