"""``{% load avaturn_admin %}``: for pages of Django's admin."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

register = template.Library()


@register.inclusion_tag("admin/django_avaturn/dashboard.html", takes_context=True)
def avaturn_dashboard(context: Context) -> dict[str, Any]:
    """How many avatars there are, what they occupy, what waits and what failed.

    ``{% avaturn_dashboard %}`` stands on this app's page of every admin, and can be put on others.
    Each reader gets the numbers of what that admin lets them view; one query for each list.
    """
    # Django imports every tag library, also on a site without its admin, where no admin registers.
    from ..admin.dashboard import dashboard

    request = getattr(context, "request", None)
    return {"tiles": dashboard(request) if request else []}
