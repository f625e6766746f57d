"""What every page of the example may show."""

from django.conf import settings
from django.http import HttpRequest

from django_avaturn.conf import settings as app


def avaturn(request: HttpRequest) -> dict[str, bool]:
    """Whether Avaturn is the real one, with its API or without, and who may make avatars."""
    return {
        "sandbox": getattr(settings, "USE_SANDBOX", False),
        "free_plan": app.free_plan,
        "guests": app.ALLOW_GUESTS,
    }
