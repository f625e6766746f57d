"""A page for monitoring: ``path("health/avaturn/", django_avaturn.health.status)``.

Not among the app's own addresses, so that the site decides who may ask.
"""

from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .jobs import work_status


@require_safe
@never_cache
@login_not_required
def status(request: HttpRequest) -> JsonResponse:
    """``{"healthy", "work"}`` as ``avaturn_status --json`` prints it; 503 where it is not healthy.

    Numbers only: no ids, names or errors. One query for each kind of work, no call to Avaturn.
    """
    found = work_status()
    healthy = all(work.is_healthy for work in found)
    told = {"healthy": healthy, "work": [asdict(work) for work in found]}
    return JsonResponse(told, status=200 if healthy else 503)
