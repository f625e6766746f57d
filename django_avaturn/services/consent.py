"""Consent to the site's own text, before anything of a face is sent."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db import router, transaction
from django.utils import timezone

from .. import signals
from ..conf import settings
from ..exceptions import ConsentRequired
from ..models import AvaturnProfile
from ..models.owners import ownership
from .profiles import insert

if TYPE_CHECKING:
    from ..models.owners import Owner


def record_consent(user: Owner, version: str) -> None:
    """Note that the user has agreed to this version of the site's consent text, and when.

    ``user`` may be a visitor (``Guest``). Whoever agrees again keeps the time of the first
    agreement. Asks nothing of Avaturn: a profile that is made here has no remote user yet.

    Sends ``consent_given`` after the commit, once for each version. Raises ``ConsentRequired`` for
    another version than that of ``CONSENT_VERSION``, ``ValueError`` where that is not set, and
    ``AvaturnProfile.DoesNotExist`` where the user has been deleted meanwhile.
    """
    wanted = settings.CONSENT_VERSION
    if not wanted:
        raise ValueError("This site asks for no consent: AVATURN['CONSENT_VERSION'] is not set.")
    if version != wanted:
        raise ConsentRequired(wanted)
    if ownership(user) is None:
        raise ValueError("Only users that are saved, and visitors, can agree.")
    now = timezone.now()
    if _note(user, version, now):
        told = {"user": user, "version": version, "given_at": now}
        notify = partial(signals.consent_given.send_robust, AvaturnProfile, **told)
        transaction.on_commit(notify, using=router.db_for_write(AvaturnProfile))


arecord_consent = sync_to_async(record_consent)


def require_consent(user: Owner, agreed: str = "") -> None:
    """Raise ``ConsentRequired`` unless the user has agreed to the version in force.

    ``agreed`` is the version that the user agrees to right now, which is recorded; another one
    than that in force counts for nothing. No query where the site asks for no consent, else one.
    """
    version = settings.CONSENT_VERSION
    if version and agreed == version:
        record_consent(user, agreed)
    if version and _version_of(user) != version:
        raise ConsentRequired(version)


def require_earlier_consent(user: Owner) -> None:
    """Raise ``ConsentRequired`` unless the user has agreed to any version.

    For what ends a work that was begun under the version then in force: a new one must not make
    people lose the avatar they have just made.
    """
    if settings.CONSENT_VERSION and not _version_of(user):
        raise ConsentRequired(settings.CONSENT_VERSION)


def _version_of(user: Owner) -> str:
    """The version that the user has agreed to last. Compared here: databases may ignore case."""
    found = AvaturnProfile.objects.of(user).values_list("consent_version", flat=True).first()
    return found or ""


def _note(user: Owner, version: str, now: datetime) -> bool:
    """False where this version has been noted before, by another request maybe."""
    rows = AvaturnProfile.objects.of(user)
    profile = rows.first()
    if profile is None and insert(user, consent_version=version, consented_at=now):
        return True
    return _replace(profile or rows.get(), version, now)


def _replace(profile: AvaturnProfile, version: str, now: datetime) -> bool:
    if profile.consent_version == version:
        return False
    row = AvaturnProfile.objects.filter(pk=profile.pk, consent_version=profile.consent_version)
    return bool(row.update(consent_version=version, consented_at=now))
