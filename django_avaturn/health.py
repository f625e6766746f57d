"""A page for monitoring: ``path("health/avaturn/", django_avaturn.health.status)``.

Not among the app's own addresses, so that the site decides who may ask.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .jobs import report


@require_safe
@never_cache
@login_not_required
def status(request: HttpRequest) -> JsonResponse:
    """What ``avaturn_status --json`` prints; 503 where it is not healthy.

    Numbers only: no ids, names or errors. One query for each kind of work, one read of the cache,
    no call to Avaturn. For monitoring, not for a load balancer: during an outage of Avaturn the
    answer is 503, though the site works.
    """
    found = report()
    return JsonResponse(found.as_json(), status=200 if found.is_healthy else 503)
