"""What every page of the example may show."""

from django.conf import settings
from django.http import HttpRequest


def sandbox(request: HttpRequest) -> dict[str, bool]:
    """Tell the footer whether Avaturn is the real one."""
    return {"sandbox": getattr(settings, "USE_SANDBOX", False)}
