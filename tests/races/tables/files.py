"""Workers and what they work on: models, pictures, webhooks, deletions."""

from __future__ import annotations

import io
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from PIL import Image

from django_avaturn import jobs, services, tasks
from django_avaturn.client import Customization
from django_avaturn.exceptions import PictureNotWanted
from django_avaturn.models import (
    Avatar,
    AvatarFile,
    AvaturnProfile,
    FileDeletion,
    Job,
    RemoteDeletion,
    WebhookEvent,
)

from ..race import Race
from ..scene import past

GONE = (Avatar.DoesNotExist, PictureNotWanted)


def due(it: Any) -> None:
    """A model that has been edited since it was stored, and waits for a worker."""
    it.one = it.stored()
    services.get_client().set_customization(it.one.pk, Customization(skin_tone_correction=30))
    AvatarFile.objects.filter(kind="model").restart()


def due_elsewhere(it: Any) -> None:
    """Deletions that wait: Avaturn was down."""
    for _ in range(4):
        it.one = it.avatar(it.user(f"user{_}"))
        row = RemoteDeletion(avaturn_id=it.one.avaturn_id)
        it.one.profile.avatars.all()._raw_delete("default" if False else it.one._state.db)
        AvaturnProfile.objects.filter(pk=it.one.profile_id)._raw_delete(it.one._state.db)
        RemoteDeletion.objects.bulk_create([row])


def wanted(it: Any) -> None:
    """A picture that the owner's browser is to take."""
    it.one = it.stored()
    it.version = it.one.model.version


def failed(it: Any) -> None:
    """A picture that Avaturn could not draw."""
    wanted(it)
    AvatarFile.objects.filter(kind="portrait").update(state=Job.State.FAILED, error="No.")


def wanted_of_both(it: Any) -> None:
    wanted(it)
    it.webhooks()


def told_of(it: Any) -> None:
    it.webhooks()
    it.one = it.avatar()


def exported(it: Any) -> None:
    """A model that Avaturn is making."""
    it.one = it.avatar()
    it.webhooks()
    services.get_client().create_export(it.one.pk)
    AvatarFile.objects.bulk_create([AvatarFile(avatar=it.one, kind="model")])


def ordered(it: Any) -> None:
    """A picture that is to be ordered."""
    wanted(it)
    it.webhooks()
    AvatarFile.objects.filter(kind="portrait").restart()


def fetch(it: Any) -> None:
    jobs.run_due(AvatarFile)


def process(it: Any) -> None:
    call_command("avaturn_process", stdout=io.StringIO())


def retry_failed(it: Any) -> None:
    call_command("avaturn_process", "--retry-failed", stdout=io.StringIO())


def work(it: Any) -> None:
    for model in jobs.HANDLERS:
        for pk in list(model.objects.filter(state="pending").values_list("pk", flat=True)):
            tasks.work(model._meta.label, str(pk))


def ask_anew(it: Any) -> None:
    services.request_files(Avatar.objects.select_related("profile").get())


def edit(it: Any) -> None:
    services.set_customization(
        Avatar.objects.select_related("profile").get(), Customization(skin_tone_correction=50)
    )


def delete(it: Any) -> None:
    services.delete_avatar(Avatar.objects.select_related("profile").get())


def erase(it: Any) -> None:
    services.erase(it.ann)


def delete_user(it: Any) -> None:
    for user in get_user_model().objects.filter(pk=it.ann.pk):
        user.delete()


def hour_later(it: Any) -> None:
    """Whatever takes that long has been let go of, and come due as left behind."""
    AvatarFile.objects.update(claimed_until=None)
    FileDeletion.objects.update(due_at=past(hours=1))
    jobs.run_due(FileDeletion)


def upload(it: Any) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "PNG")
    picture.seek(0)
    services.store_portrait(Avatar.objects.get(), picture, it.version)


def order(it: Any) -> None:
    services.request_portrait(Avatar.objects.select_related("profile").get())


def tell(it: Any) -> None:
    it.sandbox.deliver_webhooks()


def tell_of_export(it: Any) -> int:
    avatar = Avatar.objects.first()
    told = {"event": "export.ready", "status": "ready", "export_url": "https://x.example/y"}
    return it.told({**told, "avatar_id": str(it.one.pk), "user_id": avatar and avatar.avaturn_id})


def tell_of_avatar(it: Any) -> int:
    about = {"avatar_id": str(it.one.pk), "user_id": it.one.avaturn_id}
    return it.told({"event": "avatar.ready", "status": "ready", **about})


def export(it: Any) -> Any:
    return services.record_export(it.ann, it.one.pk, {})


def current(it: Any) -> None:
    """What is stored is the avatar as it is now at Avaturn."""
    kept = AvatarFile.objects.get(kind="model")
    before = kept.sha256
    assert kept.state == Job.State.READY
    it.sandbox.at_once = True
    services.request_files(Avatar.objects.select_related("profile").get())
    jobs.run_due(AvatarFile)
    assert AvatarFile.objects.get(kind="model").sha256 == before


def once(it: Any) -> None:
    assert (it.sandbox.count("createExport"), it.sandbox.count("downloadFile")) == (1, 1)
    current(it)


def each_once(it: Any) -> None:
    assert it.sandbox.count("deleteUser") == 4
    assert not RemoteDeletion.objects.exclude(state=Job.State.READY, attempts=1).exists()


def nothing_left(it: Any) -> None:
    assert it.files() == set()
    assert not AvatarFile.objects.exists()


def pictured(it: Any) -> None:
    row = AvatarFile.objects.get(kind="portrait")
    assert row.state == Job.State.READY
    assert it.sandbox.count("createRender") <= 2


def event_once(it: Any) -> None:
    assert [outcome.result for outcome in it.outcomes] == [200] * len(it.outcomes)
    assert WebhookEvent.objects.get().attempts == 1


def stored_model(it: Any) -> None:
    assert it.sandbox.count("downloadFile") <= 2
    assert AvatarFile.objects.get(kind="model").state == Job.State.READY


def clash(name: str, prepare: Any, contestants: Any, verdict: Any, **more: Any) -> Race:
    return Race(name=name, prepare=prepare, contestants=contestants, verdict=verdict, **more)


RACES = (
    clash("download, deletion", due, (fetch, delete), nothing_left, losing=GONE),
    clash("download, erase", due, (fetch, erase), nothing_left, losing=GONE),
    clash("download, user deletion", due, (fetch, delete_user), nothing_left, losing=GONE),
    clash("download, export again", due, (fetch, ask_anew), current),
    clash("download, customisation", due, (fetch, edit), current),
    clash("download, download", due, (fetch, fetch), once),
    clash("process, process", due, (process, process), once),
    clash("process, task", due, (process, work), once),
    clash("process, retry", due, (process, retry_failed), once),
    clash("process, process on deletions", due_elsewhere, (process, process), each_once),
    clash("process, task on deletions", due_elsewhere, (process, work), each_once),
    clash("process, retry on deletions", due_elsewhere, (process, retry_failed), each_once),
    clash("storing, guard", due, (fetch, hour_later), current),
    clash("picture, picture", wanted, (upload, upload), pictured, losing=GONE),
    clash("picture, Avaturn's picture", wanted_of_both, (upload, order), pictured, losing=GONE),
    clash("picture, deletion", wanted, (upload, delete), nothing_left, losing=GONE),
    clash("late picture, deletion", failed, (upload, delete), nothing_left, losing=GONE),
    clash("picture's order, webhook", ordered, (fetch, tell), pictured),
    clash("webhook, webhook", told_of, (tell_of_export,) * 2, event_once, crowd=5),
    clash("webhook, export", told_of, (tell_of_export, export), stored_model),
    clash("webhook, download", exported, (tell_of_export, fetch), stored_model),
    clash("webhook, deletion", told_of, (tell_of_avatar, delete), nothing_left, losing=GONE),
    clash("webhook, sync and export", told_of, (tell_of_avatar, export), stored_model),
)
