"""The same for tests with a real browser: there is a socket, on this machine only."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils import timezone
from requests.adapters import BaseAdapter, HTTPAdapter

from .. import jobs
from ..client.addresses import Target
from ..client.network import Sockets
from ..client.pinning import Clock
from ..models import Job
from ..sandbox import Fault, Sandbox, SandboxServer
from . import environment
from .avaturn import Avaturn, Try
from .line import Fence
from .webhooks import webhook_path

if TYPE_CHECKING:
    from requests import PreparedRequest, Response
    from urllib3 import HTTPConnectionPool
    from urllib3.util import Retry

PATIENCE = 60.0
"""Seconds that a webhook may take at the most: a picture has to be drawn before."""
STORAGE = "django.core.files.storage.FileSystemStorage"


class LiveAvaturn(Avaturn):
    """Avaturn for tests in a browser: its editor opens in your pages.

    Like `Avaturn`, but served on a free port of 127.0.0.1. Files go into a temporary folder that is
    ``MEDIA_ROOT`` meanwhile, from which Django's live server serves them. Webhooks come by
    themselves.

    Parameters:
        site: address of the live server, such as ``live_server.url``.
        settings: keys of the site's ``AVATURN`` that are to differ meanwhile.
    """

    def __init__(self, site: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._site = site.rstrip("/")

    def _serve(self, stack: ExitStack) -> tuple[Sandbox, Fence, str]:
        sandbox = Sandbox(tokens=[environment.TOKEN])
        server = stack.enter_context(SandboxServer(sandbox))
        return sandbox, FencedSockets(urlsplit(server.url).hostname or ""), server.url

    def _storage(self, stack: ExitStack) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="avaturn-"))
        return {"BACKEND": STORAGE}, {"MEDIA_ROOT": folder}

    def _switch(self) -> None:
        self._told = 0
        self.sandbox.processing_seconds = 0
        self.sandbox.webhook_url = self._site + webhook_path(environment.SECRET)

    def deliver_webhooks(self) -> list[int]:
        """Also waits for those that are on their way, and for the site to have dealt with them."""
        super().deliver_webhooks()
        self.sandbox.wait_for_webhooks(len(self.sandbox.webhooks), timeout=PATIENCE)
        self._wait_for_site()
        arrived = self.sandbox.webhooks[self._told :]
        self._told += len(arrived)
        return [status for webhook in arrived for status in webhook.answers]

    def _work(self) -> set[Try]:
        self._wait_for_site()
        return super()._work()

    def _wait_for_site(self) -> None:
        """It answers first, and works then, in a thread of the live server."""
        ends = time.monotonic() + PATIENCE
        while self._is_site_at_work() and time.monotonic() < ends:
            time.sleep(0.02)

    def _is_site_at_work(self) -> bool:
        claimed = Q(state=Job.State.PENDING, claimed_until__gt=timezone.now())
        return any(model.objects.filter(claimed).exists() for model in jobs.HANDLERS)

    @contextmanager
    def _outage(self, fault: Fault | None) -> Iterator[None]:
        with super()._outage(fault or Fault(drop=True, reset=True)):
            yield


class FencedSockets(Fence):
    """The network, but for all other hosts."""

    def adapter(self, retry: Retry) -> BaseAdapter:
        """For calls and uploads."""
        return _FencedAdapter(self, retry)

    def pool(self, target: Target, clock: Clock) -> HTTPConnectionPool:
        """For a download."""
        self.check(target.host)
        return Sockets().pool(target, clock)


class _FencedAdapter(HTTPAdapter):
    def __init__(self, fence: Fence, retry: Retry) -> None:
        self._fence = fence
        super().__init__(max_retries=retry)

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        self._fence.check(urlsplit(request.url or "").hostname)
        return super().send(request, *args, **options)
