"""What people do on a day; each operation is one of these with a person and dice of its own."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from django_avaturn import services
from django_avaturn.conf import settings
from django_avaturn.exceptions import AvaturnError
from django_avaturn.hooks import AvaturnHooks
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, RemoteDeletion, WebhookEvent
from django_avaturn.sandbox.look import Look, from_customization, to_customization
from django_avaturn.sandbox.portrait import portrait
from tests.photographs import photo

from .people import JSON, Person

SECRET = "a-secret-of-the-soak-71c2"
LOOKS = [Look(skin=skin) for skin in (-30.0, 0.0, 30.0)]
"""A few, since the sandbox takes a while to draw the picture of another one."""
TYPES = ({}, {"type": "create"}, {"type": "create_or_edit_existing"})
SIDES = ("image-frontal", "image-side-1", "image-side-2")

Operation = Callable[[Person, random.Random], object]


def open_session(person: Person, dice: random.Random) -> None:
    wanted = dict(dice.choice(TYPES))
    if dice.random() < 0.3 and (avatar := person.an_avatar("open_session", dice)):
        wanted = {"avatar_id": avatar["id"]}
    person.ask("open_session", "post", "sessions/", wanted, **JSON)


def start_over(person: Person, dice: random.Random) -> None:
    person.ask("start_over", "post", "sessions/", {"start_over": True}, **JSON)


def make_in_editor(person: Person, dice: random.Random) -> None:
    session = person.ask("make_in_editor", "post", "sessions/", {"type": "create"}, **JSON)
    if session.status_code == 201:
        link = session.json()["url"]
        made = person.world.editor(link, "/editor/avatars", {"body": "body_0"})
        if made.status == 200:
            avatar_id = made.json()["id"]
            person.world.owners[avatar_id] = person.number
            save(person, dice, "make_in_editor", link, avatar_id)


def edit_in_editor(person: Person, dice: random.Random) -> None:
    avatar = person.an_avatar("edit_in_editor", dice)
    if avatar:
        wanted = {"avatar_id": avatar["id"]}
        session = person.ask("edit_in_editor", "post", "sessions/", wanted, **JSON)
        if session.status_code == 201:
            save(person, dice, "edit_in_editor", session.json()["url"], avatar["id"])


def save(person: Person, dice: random.Random, name: str, link: str, avatar_id: str) -> None:
    """Press "Next": Avaturn knows of it at once, the site is told by the page, now and then twice.

    Or never, where the page is closed too early.
    """
    saved = person.world.editor(
        link, f"/editor/avatars/{avatar_id}/export", {"look": dice.choice(LOOKS).as_mapping()}
    )
    if saved.status == 200:
        times = dice.choice((0, 1, 1, 1, 1, 1, 2))
        statuses = [announce(person, name, avatar_id, saved.json()) for _ in range(times)]
        if 201 not in statuses[-1:]:
            person.world.unsaid.add(avatar_id)


def announce(person: Person, name: str, avatar_id: str, told: Any) -> int:
    path = f"avatars/{avatar_id}/exports/"
    return int(person.ask(name, "post", path, told, **JSON).status_code)


def send_photos(person: Person, dice: random.Random) -> None:
    parts: dict[str, Any] = {"body-type": dice.choice(("female", "male"))}
    for side in SIDES:
        parts[side] = SimpleUploadedFile("me.jpg", face(person.number, side))
    person.ask("send_photos", "post", "avatars/", parts)


@cache
def face(number: int, side: str) -> bytes:
    return photo(number * 3 + SIDES.index(side), size=(64, 80))


def faces(numbers: Iterable[int]) -> dict[str, int]:
    """Whose face is on a photo from the front, by the photo's digest."""
    front = SIDES[0]
    return {hashlib.sha256(face(number, front)).hexdigest(): number for number in numbers}


def portraits_in_advance() -> None:
    """Have the sandbox draw what it will be asked for while nobody waits."""
    for gender in Avatar.Gender.values:
        custom = AvaturnHooks().default_customization(Avatar(gender=gender)).as_json()
        portrait(from_customization(custom), settings.PORTRAIT_SCENE)
    for look in LOOKS:
        portrait(look, settings.PORTRAIT_SCENE)


def customize(person: Person, dice: random.Random) -> None:
    avatar = person.an_avatar("customize", dice)
    if avatar:
        path = f"avatars/{avatar['id']}/customization/"
        read = person.ask("customize", "get", path)
        if read.status_code == 200:
            wanted = to_customization(dice.choice(LOOKS))
            if person.ask("customize", "put", path, wanted, **JSON).status_code != 200:
                person.world.unsaid.add(avatar["id"])


def activate(person: Person, dice: random.Random) -> None:
    avatar = person.an_avatar("activate", dice)
    if avatar:
        person.ask("activate", "patch", f"avatars/{avatar['id']}/", {"active": True}, **JSON)


def delete_avatar(person: Person, dice: random.Random) -> None:
    avatar = person.an_avatar("delete_avatar", dice)
    if avatar:
        person.ask("delete_avatar", "delete", f"avatars/{avatar['id']}/")


def order_portrait(person: Person, dice: random.Random) -> None:
    avatar = person.an_avatar("order_portrait", dice)
    if avatar:
        wanted = {"scene": "common/preview"} if dice.random() < 0.1 else {}
        person.ask("order_portrait", "post", f"avatars/{avatar['id']}/renders/", wanted, **JSON)


def send_portrait(person: Person, dice: random.Random) -> None:
    """As the page does it where Avaturn brings no picture."""
    for avatar in person.avatars("send_portrait"):
        if (avatar["portrait"] or {}).get("wanted") and (avatar["model"] or {}).get("version"):
            picture = io.BytesIO(photo(person.number, "PNG", size=(96, 96)))
            picture.name = "portrait.png"
            parts = {"image": picture, "version": avatar["model"]["version"]}
            person.world.taken.add(avatar["id"])
            person.ask("send_portrait", "post", f"avatars/{avatar['id']}/renders/", parts)


def look_around(person: Person, dice: random.Random) -> None:
    """A page that waits for an avatar asks so; the others just look."""
    for avatar in shown_any(person)[:2]:
        person.ask("look_around", "get", f"avatars/{avatar['id']}/")
    person.ask("look_around", "get", dice.choice(("", "profile/")))


def shown_any(person: Person) -> list[dict[str, Any]]:
    statuses = ("pending", "processing", "ready")
    return [avatar for status in statuses for avatar in person.avatars("look_around", status)]


def sync(person: Person, dice: random.Random) -> None:
    for profile in AvaturnProfile.objects.filter(user=person.user).exclude(user=None):
        try:
            services.sync_profile(profile)
        except AvaturnError:
            continue


def erase(person: Person, dice: random.Random) -> None:
    person.ask("erase", "delete", "profile/")


def leave(person: Person, dice: random.Random) -> None:
    person.leave()


def log_out(person: Person, dice: random.Random) -> None:
    person.log_out()


def sign_up(person: Person, dice: random.Random) -> None:
    person.sign_up()


def be_nosy(person: Person, dice: random.Random) -> None:
    """Ask for what is another's."""
    owners = list(person.world.owners.items())
    others = [avatar_id for avatar_id, owner in owners if owner != person.number]
    if others:
        path = f"avatars/{dice.choice(others)}/"
        method, path, data = dice.choice(
            (
                ("get", path, None),
                ("delete", path, None),
                ("patch", path, {"active": True}),
                ("post", f"{path}exports/", {}),
                ("post", f"{path}renders/", {}),
                ("put", f"{path}customization/", {"skin_tone_correction": 1}),
            )
        )
        more = {} if data is None else JSON
        status = person.ask("be_nosy", method, path, data, **more).status_code
        if status not in {403, 404, 502, 503, 504}:
            person.world.wrong.append(f"be_nosy: {method} {status}")


def bring_webhooks(person: Person, dice: random.Random) -> None:
    """Avaturn tells what is new: often twice, in any order, and not all of it."""
    sandbox = person.world.sandbox
    sandbox.webhook_copies = dice.choice((1, 1, 2, 3))
    sandbox.webhook_order = dice.choice(("", "", "reversed"))
    sandbox.lose_webhooks = dice.choice((0, 0, 1, 3))
    sandbox.deliver_webhooks(deliver)


def deliver(body: bytes) -> int:
    response = Client().post(f"/avatar/webhooks/{SECRET}/", body, **JSON)
    return int(response.status_code)


def forge_webhook(person: Person, dice: random.Random) -> None:
    owners = list(person.world.owners)
    forged = {
        "event": dice.choice(("avatar.ready", "export.ready", "render.ready")),
        "avatar_id": dice.choice(owners) if owners else str(uuid4()),
        "user_id": dice.choice(["nobody", *person.world.sandbox.users]),
        "status": dice.choice(("ready", "failed")),
        "id": str(uuid4()),
        "render_url": "https://evil.example/face.png",
        "number": dice.random(),
    }
    if deliver(json.dumps(forged).encode()) != 200:
        person.world.wrong.append("forge_webhook")


def spoil_work(person: Person, dice: random.Random) -> None:
    """Some of what Avaturn makes next does not work out."""
    sandbox = person.world.sandbox
    sandbox.fail_avatars, sandbox.fail_exports, sandbox.fail_renders = (
        dice.choice((0, 1)) for _ in range(3)
    )


def let_hours_go_by(person: Person, dice: random.Random) -> None:
    """What was put off is due, one by one: nobody else locks many rows at once."""
    now = timezone.now()
    for model in (AvatarFile, RemoteDeletion, WebhookEvent):
        later = model.objects.filter(state="pending", claimed_until=None, due_at__gt=now)
        for pk in list(later.values_list("pk", flat=True)):
            later.filter(pk=pk).update(due_at=now - timedelta(seconds=1))


MIX: dict[Operation, int] = {
    open_session: 8,
    start_over: 3,
    make_in_editor: 14,
    edit_in_editor: 9,
    send_photos: 8,
    customize: 7,
    activate: 4,
    delete_avatar: 5,
    order_portrait: 3,
    send_portrait: 3,
    look_around: 8,
    sync: 5,
    erase: 2,
    leave: 2,
    log_out: 3,
    sign_up: 6,
    be_nosy: 4,
    bring_webhooks: 6,
    forge_webhook: 2,
    spoil_work: 1,
    let_hours_go_by: 2,
}
"""How often each of them is drawn."""


def draw(seed: str, number: int, people: list[Person]) -> tuple[Operation, Person, random.Random]:
    """The operation of this number. Some people are busier, so that they meet themselves."""
    dice = random.Random(f"{seed} {number}")
    (operation,) = dice.choices(list(MIX), list(MIX.values()))
    busy = people[: max(1, len(people) // 10)]
    person = dice.choice(busy if dice.random() < 0.4 else people)
    return operation, person, dice
