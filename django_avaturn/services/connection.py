"""The client that the site's settings describe."""

from __future__ import annotations

from ..client import AvaturnClient
from ..conf import settings
from .circuit import CacheCircuit


def get_circuit() -> CacheCircuit:
    """What all clients of the API at ``API_URL`` share, in this process and others."""
    return CacheCircuit(settings.API_URL)


def get_client() -> AvaturnClient:
    """A client for the project of ``API_TOKEN``.

    Cheap: what is worth keeping, the connections, is kept per process by the client's transport.
    Raises ``AvaturnNotConfigured`` without a token.
    """
    return AvaturnClient(
        settings.API_TOKEN,
        base_url=settings.API_URL,
        timeout=settings.TIMEOUT,
        max_retries=settings.MAX_RETRIES,
        circuit=get_circuit(),
    )
