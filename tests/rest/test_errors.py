"""Errors that are none of this app's."""

from __future__ import annotations

import logging

from django.test import Client

from django_avaturn.hooks import AvaturnHooks


class Broken(AvaturnHooks):
    """A site's hook with a mistake in it."""

    def may_view(self, user, avatar):
        raise LookupError("a mistake of the site's")


def test_mistake_in_a_hook_is_reported_as_any_other_of_the_site(
    ann, bob, add_avatar, configure, caplog
):
    path = f"/avatar/avatars/{add_avatar(bob).pk}/"
    configure(HOOKS=f"{__name__}.Broken")
    client = Client(raise_request_exception=False)
    client.force_login(ann)
    with caplog.at_level(logging.ERROR, logger="django.request"):
        answer = client.get(path)
    assert answer.status_code == 500
    [record] = [record for record in caplog.records if record.name == "django.request"]
    assert record.exc_info
    assert record.exc_info[0] is LookupError
    assert "a mistake of the site's" not in answer.text
