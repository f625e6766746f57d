"""Actions that the site adds to every list, ours included."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.template.response import TemplateResponse

from .conftest import BASE


def ask(model_admin, request, queryset):
    """A question of the site's own, with nothing of Django's."""
    return TemplateResponse(request, "admin/base_site.html", {"rows": queryset})


def tell(model_admin, request, queryset):
    """No question at all."""
    return TemplateResponse(request, "admin/base_site.html")


def ask_of_users(model_admin, request, queryset):
    """A question about other rows."""
    users = get_user_model().objects.all()
    return TemplateResponse(request, "admin/base_site.html", {"queryset": users})


@pytest.fixture(params=[ask, tell, ask_of_users])
def action(request):
    admin.site.add_action(request.param, "ask")
    yield "ask"
    admin.site.disable_action("ask")


@pytest.mark.parametrize("model", ["avatar", "avaturnprofile"])
def test_they_may_answer_by_a_page(boss, sandbox, make_avatar, ann, action, model):
    avatar = make_avatar(ann)
    row = avatar if model == "avatar" else avatar.profile
    data = {"action": action, "_selected_action": [str(row.pk)]}
    response = boss.post(f"{BASE}{model}/", data)
    assert response.status_code == 200
    assert "at_avaturn" not in response.context
