"""Avaturn for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponseBase
from django.test import Client

from .. import jobs, services
from ..conf import settings
from ..models import Avatar, AvaturnProfile, Job
from ..sandbox import Fault
from ..sandbox.service import ROUTES
from ..services.circuit import insisting
from ..services.connection import get_circuit
from . import webhooks
from .builders import BODIES, photo_form
from .commits import committing
from .editor import EditorPage, SitePage
from .stage import Stage

if TYPE_CHECKING:
    from ..models.owners import Owner
    from .line import Line

Try = tuple[type[Job], object, int, str]
"""A row that was worked on, and what came of it."""
ROUNDS = 10
"""So often `Avaturn.settle` looks for more, at the most."""
IN_THE_MAKING = (Avatar.Status.PENDING, Avatar.Status.PROCESSING)
OPERATIONS = {"*", *(route.operation for route in ROUTES.routes if Fault().concerns(route))}


class Avaturn(Stage):
    """A stand-in of Avaturn within the process, for the tests of a site.

    A context manager: inside of it the site talks to a new, empty Avaturn of its own. There is no
    socket, nothing leaves the process, and files go into a storage in memory. All of the app is at
    work as it is in production, down to the HTTP that it sends. At the end everything is as it was
    before::

        with Avaturn() as avaturn:
            avatar = avaturn.make_avatar(user)

    `AvaturnMixin` and the pytest fixture ``avaturn`` are the same as part of a test.

    Parameters:
        settings: keys of the site's ``AVATURN`` that are to differ meanwhile.

    To be read: ``sandbox``, the stand-in itself with all of its switches, and ``origin``, its
    address. Whatever a test changes there ends with it.
    """

    @property
    def calls(self) -> list[str]:
        """What the site has asked for so far, in order: the names of Avaturn's operations.

        Those of its OpenAPI description, such as ``createSession``; ``uploadPhotos`` is a form of
        photos, ``downloadFile``, ``downloadRender`` and ``downloadExport`` are files. What the
        methods of this class do does not count, except for `export` and `settle`: there the site
        is at work.
        """
        return [one.operation for one in self.sandbox.calls if one.operation in OPERATIONS]

    def forget_calls(self) -> None:
        """Count ``calls`` anew."""
        self.sandbox.calls.clear()

    @contextmanager
    def _backstage(self) -> Iterator[None]:
        before = len(self.sandbox.calls)
        with committing():
            yield
        del self.sandbox.calls[before:]

    # Who is there

    def make_profile(self, user: Owner) -> AvaturnProfile:
        """The user's profile, with a user at Avaturn, and agreed to ``CONSENT_VERSION``."""
        with self._backstage():
            return self._builder.profile(user)

    def make_avatar(
        self,
        user: Owner,
        *,
        status: str = Avatar.Status.READY,
        gender: str = Avatar.Gender.MALE,
        body: str = "",
        customization: Mapping[str, Any] | None = None,
        files: bool = True,
        active: bool = True,
    ) -> Avatar:
        """Give a user an avatar, at Avaturn and here, with model and portrait in the storage.

        Parameters:
            user: of the site, or a visitor (``Guest``).
            status: ``ready``; ``pending``, ``processing`` and ``failed`` ones have no files.
            gender, body: ``male`` or ``female``; or one of the bodies ``body_0`` to ``body_3``.
            customization: what it wears, as the API has it.
            files: False for one of which no file has been asked for.
            active: whether it is the one that the user shows.

        Sends ``avatar_ready``, ``model_stored`` and ``portrait_stored`` at once, in a ``TestCase``
        too. Raises what the services raise, and ``ValueError`` for an unknown status.
        """
        if status not in Avatar.Status:
            raise ValueError(f"status must be one of: {', '.join(Avatar.Status.values)}")
        with self._backstage():
            avatar = self._builder.avatar(user, status, body or BODIES[gender], customization)
            if active:
                services.activate_avatar(avatar)
            if files and status == Avatar.Status.READY:
                self._builder.bring_files(user, avatar)
        made: Avatar = Avatar.objects.select_related("profile").get(pk=avatar.pk)
        return made

    def set_status(self, avatar: Avatar, status: str) -> None:
        """Change an avatar at Avaturn, not here: see `post_webhook` and `settle`.

        Raises ``KeyError`` where Avaturn has no such avatar.
        """
        self._builder.set_status(avatar.pk, status)

    def photos(self, body_type: str = "female") -> dict[str, Any]:
        """A form of three photos, for the test client to post to ``avaturn:avatar-list``.

        Raises ``ImproperlyConfigured`` without Pillow.
        """
        return photo_form(body_type)

    # What people do

    def press_next(
        self, link: str = "", *, avatar: Avatar | None = None, body: str = "body_0", **look: Any
    ) -> dict[str, Any]:
        """Open the editor by the ``url`` of a session, make or change an avatar, and press Next.

        Returns what the SDK hands to the page, which posts it to the site. Without a link it is
        the project's page of Avaturn's plan without API.

        Parameters:
            avatar: which to change; else that of the session, the person's first, or a new one.
            body: that of a new one.
            look: what to change, in the words of the sandbox: ``hair_color="#c9482b"``,
                ``hair``, ``outfit``, ``shoes``, ``glasses``, ``eyes``, ``skin`` and so on.

        Raises ``AssertionError`` where the link is none of this Avaturn, or has run out.
        """
        editor = EditorPage(self.sandbox, self.origin, link, account="somebody")
        return editor.save(str(avatar.pk) if avatar else "", body, look)

    def export(
        self,
        user: Owner | None = None,
        avatar: Avatar | None = None,
        *,
        client: Client | None = None,
        body: str = "body_0",
        **look: Any,
    ) -> Avatar:
        """Do all that a browser does from opening the editor to having pressed Next.

        The site is asked for a session, the person makes an avatar or changes ``avatar``, and the
        site is told: by Django's test client, through the site's own routes and middleware. The
        files follow after the commit; in a ``TestCase`` call `settle`. See `press_next` for the
        look.

        Parameters:
            user: who is logged in for it; None for whoever it is that ``client`` stands for.
            client: the browser; a new one by default.

        Raises ``AssertionError`` where the site refuses, with what it says.
        """
        client = client or Client()
        if user is not None:
            client.force_login(user)  # type: ignore[arg-type]
        page = SitePage(client)
        chosen = str(avatar.pk) if avatar else ""
        link = "" if settings.free_plan else page.open_session(chosen)
        return page.export(self.press_next(link, avatar=avatar, body=body, **look))

    # What comes of it

    def settle(self, *, retry_failed: bool = False) -> None:
        """Let everything happen that is to happen by itself: afterwards the files are there.

        Runs what waits for a commit, which in a ``TestCase`` never comes, then the work that is
        due, as ``manage.py avaturn_process`` does, and has Avaturn deliver its webhooks; and this
        until there is nothing left. With ``retry_failed`` also what has failed, or waits for
        another try.

        Do not mix it with ``captureOnCommitCallbacks(execute=True)`` in one test: what ran there
        would run again.

        Raises ``OutsideHost`` where the app was about to reach another host.
        """
        if retry_failed:
            for model in jobs.HANDLERS:
                jobs.revive(model.objects.all())
        before: set[Try] = set()
        for _ in range(ROUNDS):
            moved = self._commits.run() + self._look_after()
            tried = self._work()
            moved += len(self.deliver_webhooks())
            if not moved and tried <= before:  # in an outage the same is tried again and again
                break
            before = tried
        self._report_astray()

    @insisting()
    def _work(self) -> set[Try]:
        tried: list[Job] = []
        for model in jobs.HANDLERS:
            jobs.run_due(model, on_result=tried.append)
        return {(type(row), row.pk, row.attempts, row.error) for row in tried}

    def _look_after(self) -> int:
        """Ask for avatars in the making, where no webhook tells that they are made."""
        if settings.WEBHOOK_SECRETS or settings.free_plan:
            return 0
        making = Avatar.objects.filter(status__in=IN_THE_MAKING)
        profiles = AvaturnProfile.objects.filter(avatars__in=making).distinct()
        return sum(services.sync_profile(profile).changed for profile in profiles)

    def deliver_webhooks(self) -> list[int]:
        """Have Avaturn tell the site what has ended by now; returns the statuses of the answers.

        None are sent where the site has no ``WEBHOOK_SECRETS``.
        """
        if not settings.WEBHOOK_SECRETS:
            return []
        made = self.sandbox.deliver_webhooks(lambda body: self._post(body).status_code)
        return [status for webhook in made for status in webhook.answers]

    def post_webhook(
        self, avatar: Avatar, event: str = "avatar.ready", *, secret: str = "", **fields: Any
    ) -> HttpResponseBase:
        """Post a webhook to the site's own route, as Avaturn would, and return the answer.

        Nothing changes at Avaturn, which the site asks whether it is true: see `set_status`.

        Parameters:
            event: ``avatar.ready``, ``export.ready`` or ``render.ready``.
            secret: another one than the site's, for what happens then.
            fields: what the message has besides, or instead.

        Raises ``ImproperlyConfigured`` where the site has no such route.
        """
        message = webhooks.message(self.sandbox, self.origin, avatar, event)
        return self._post(webhooks.encoded({**message, **fields}), secret)

    def _post(self, body: bytes, secret: str = "") -> HttpResponseBase:
        secret = secret or next(iter(settings.WEBHOOK_SECRETS), "none")
        path = webhooks.webhook_path(secret)
        response: HttpResponseBase = Client().post(
            path, body, content_type="application/json", secure=True
        )
        return response

    # Bad days

    def fail_next(self, operation: str = "*", *, times: int = 1, **fault: Any) -> None:
        """Spoil the next ``times`` calls of an operation; ``*`` stands for all of them.

        ``fault`` says how: ``status``, ``latency`` in seconds, ``drop``, ``body``,
        ``retry_after``, ``truncate`` and the others of ``sandbox.Fault``. Nobody waits for a
        latency: more than ``TIMEOUT`` is a time-out at once, less is none.

        Raises ``ValueError`` for an operation that Avaturn does not have.
        """
        if operation not in OPERATIONS:
            known = ", ".join(sorted(OPERATIONS))
            raise ValueError(f"Avaturn has no operation {operation!r}. There are: {known}")
        self.sandbox.fail_next(operation, times=times, **fault)

    @contextmanager
    def down(self, **fault: Any) -> Iterator[None]:
        """Have an outage of Avaturn in here: no connection comes about.

        With a ``fault``, as for `fail_next`, it is reached, and all calls end like that. At the
        end Avaturn is back, and the site has had the time to notice.
        """
        with self._outage(Fault(**fault) if fault else None):
            yield
        get_circuit().reset()

    @contextmanager
    def _outage(self, fault: Fault | None) -> Iterator[None]:
        with ExitStack() as stack:
            if fault:
                self.sandbox.faults.standing(fault)
                stack.callback(self.sandbox.faults.lift, fault)
            else:
                stack.enter_context(cast("Line", self._fence).cut())
            yield
