"""``allow_popups``: a header for the page of the editor, on the plan without API alone."""

from __future__ import annotations

from inspect import iscoroutine

import pytest
from asgiref.sync import iscoroutinefunction
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory
from django.utils.decorators import method_decorator
from django.views import View

from django_avaturn.decorators import allow_popups

HEADER = "Cross-Origin-Opener-Policy"
OURS = "same-origin-allow-popups"


@allow_popups
def plain(request):
    return HttpResponse()


@allow_popups
def strict(request):
    return HttpResponse(headers={HEADER: "same-origin"})


@allow_popups
async def later(request):
    return HttpResponse()


@method_decorator(allow_popups, name="dispatch")
class Page(View):
    def get(self, request):
        return HttpResponse()


@method_decorator(allow_popups, name="dispatch")
class AsyncPage(View):
    async def get(self, request):
        return HttpResponse()


@pytest.fixture
def free(settings):
    settings.AVATURN = {"PROJECT_URL": "https://mine.avaturn.dev"}


def answer(view):
    response = view(RequestFactory().get("/"))
    return finished(response) if iscoroutine(response) else response


def finished(coroutine):
    """Nothing in it waits, so it needs no event loop: the browser tests' own may be running."""
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    return done.value.value


VIEWS = [plain, later, Page.as_view(), AsyncPage.as_view()]


@pytest.mark.parametrize("view", VIEWS)
def test_windows_may_be_opened(free, view):
    assert answer(view)[HEADER] == OURS


@pytest.mark.parametrize("view", VIEWS)
def test_with_the_api_nothing_is_changed(view):
    assert HEADER not in answer(view)


def test_the_views_own_header_counts(free):
    assert answer(strict)[HEADER] == "same-origin"


@pytest.mark.parametrize(("view", "header"), [(plain, OURS), (strict, "same-origin")])
def test_djangos_middleware_leaves_it(free, view, header):
    assert SecurityMiddleware(view)(RequestFactory().get("/"))[HEADER] == header


def test_async_views_stay_async():
    assert iscoroutinefunction(later)
    assert not iscoroutinefunction(plain)
    assert plain.__name__ == "plain"
