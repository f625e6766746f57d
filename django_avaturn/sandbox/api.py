"""The developer API: the eleven published operations, the upload among them in `uploads`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from . import catalogue, identifiers, links, tasks
from . import validation as check
from .messages import Request, Response, error, reply
from .routing import Incoming, Route
from .state import Avatar, File, Session, User

if TYPE_CHECKING:
    from .service import Sandbox

SESSION_SECONDS = 3600
"""How long a link into the editor works."""

AVATAR = {"avatar_id": check.uuid_text}
OWNED = check.record({"user_id": check.text}, frozenset({"user_id"}))
SESSION = check.record(
    {
        "user_id": check.text,
        "config": check.tagged(
            "type",
            {
                "create_or_edit_existing": check.record({}),
                "create": check.record({}),
                "edit_existing": check.record(AVATAR, frozenset(AVATAR)),
            },
        ),
    },
    frozenset({"user_id"}),
)
PLAIN_SLOT = {"id": check.uuid_text}


def _slot(**extra: check.Check) -> check.Check:
    return check.nullable(check.record({**PLAIN_SLOT, **extra}, frozenset({"id"})))


CUSTOMIZATION = check.record(
    {
        "assets": check.record(
            {
                "clothing": _slot(),
                "hair_and_headwear": _slot(color=check.pattern("#[0-9a-fA-F]{6}")),
                "eyewear": _slot(color=check.pattern("#[0-9a-fA-F]{8}")),
                "footwear": _slot(),
            }
        ),
        "body": check.pattern("body_[0-9]+"),
        "age": check.text,
        "metadata": check.text_mapping,
        "bone_scale": check.record(dict.fromkeys(("head", "arms", "chest"), check.number)),
        "skin_tone_correction": check.number,
    }
)
RENDER_QUERY = {
    **AVATAR,
    "scene": check.pattern("[a-zA-Z0-9_/]+"),
    "format": check.one_of("jpg", "png", "webp"),
}


class NotFound(Exception):
    """No such user or avatar; ``response`` is the 404 answer."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.response = error(404, f"{what} not found")


def find_user(sandbox: Sandbox, user_id: str) -> User:
    """The user.

    Raises:
        NotFound: there is none with this id.
    """
    user = sandbox.state.users.get(user_id)
    if user is None:
        raise NotFound("User")
    return user


def find_avatar(sandbox: Sandbox, avatar_id: str, owner: User | None = None) -> Avatar:
    """The avatar, of ``owner`` if one is given.

    Raises:
        NotFound: there is none with this id.
    """
    wanted = identifiers.canonical(avatar_id)
    avatar = owner.avatars.get(wanted) if owner else sandbox.state.avatar(wanted)
    if avatar is None:
        raise NotFound("Avatar")
    return avatar


def create_user(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Make an anonymous user."""
    return reply({"id": sandbox.state.add_user().id})


def delete_user(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Remove a user and everything under it."""
    sandbox.state.remove_user(find_user(sandbox, incoming.params["user_id"]))
    return reply(None)


def list_avatars(sandbox: Sandbox, incoming: Incoming) -> Response:
    """The avatars of a user in the order they were made."""
    name = "include_not_ready"
    check.require(check.query_problems(incoming.request, {name: check.boolean_word}))
    everything = incoming.request.query.get(name, "false").lower() in check.TRUE_WORDS
    now = sandbox.clock.now()
    user = find_user(sandbox, incoming.params["user_id"])
    items = [{"id": one.id, "status": one.status(now)} for one in user.avatars.values()]
    return reply([item for item in items if everything or item["status"] == "ready"])


def delete_avatar(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Remove one avatar."""
    check.require(check.uuid_text(incoming.params["avatar_id"], ("path", "avatar_id")))
    user = find_user(sandbox, incoming.params["user_id"])
    sandbox.state.remove_avatar(user, find_avatar(sandbox, incoming.params["avatar_id"], user).id)
    return reply(None)


def create_session(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Make a link into the editor; it carries the scenario that is set at this moment."""
    body = check.json_body(incoming.request, SESSION)
    user = find_user(sandbox, body["user_id"])
    config = body.get("config", {"type": "create_or_edit_existing"})
    avatar = None
    if config["type"] == "edit_existing":
        avatar = find_avatar(sandbox, config["avatar_id"], user).id
    token, session = start_session(sandbox, user, config["type"], avatar)
    url = links.editor(incoming.origin, session, token)
    return reply({"url": url, "id": session.id, "custom_upload_url": None})


def start_session(
    sandbox: Sandbox, user: User, kind: str, avatar_id: str | None = None
) -> tuple[str, Session]:
    """Begin an editor session, and return the token for it as well."""
    now = sandbox.clock.now()
    sandbox.state.forget_expired(now)
    ends = now + SESSION_SECONDS
    session = Session(identifiers.ordered_uuid(), user.id, kind, ends, avatar_id, sandbox.scenario)
    token = identifiers.secret()
    sandbox.state.sessions[token] = session
    return token, session


def create_avatar(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Reserve an avatar that waits for its photos."""
    body = check.json_body(incoming.request, OWNED)
    user = find_user(sandbox, body["user_id"])
    avatar = sandbox.state.add_avatar(user, sandbox.clock.now())
    avatar.upload = identifiers.secret()
    url = links.upload(incoming.origin, avatar.upload)
    return reply({"avatar_id": avatar.id, "upload_url": url})


def read_customization(sandbox: Sandbox, incoming: Incoming) -> Response:
    """What an avatar wears and how it is shaped."""
    check.require(check.uuid_text(incoming.params["id"], ("path", "id")))
    avatar = find_avatar(sandbox, incoming.params["id"])
    if undefined(sandbox, avatar):
        return error(500, "Internal Server Error")
    return reply(avatar.customization or {})


def write_customization(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Replace the customisation. Bad paths and bad bodies are told apart from unfit assets."""
    problems = check.uuid_text(incoming.params["id"], ("path", "id"))
    check.require(problems)
    body = check.json_body(incoming.request, CUSTOMIZATION)
    avatar = find_avatar(sandbox, incoming.params["id"])
    refusal = _unfit_assets(body.get("assets", {}))
    if refusal is not None:
        return refusal
    known = {"assets", "body", "age", "metadata", "bone_scale", "skin_tone_correction"}
    avatar.wear({key: value for key, value in body.items() if key in known})
    return reply(None, 202)


def _unfit_assets(slots: dict[str, Any]) -> Response | None:
    worn = {slot: str(item["id"]) for slot, item in slots.items() if _is_worn(slot, item)}
    gone = [asset for asset in worn.values() if catalogue.asset_by_id(asset.lower()) is None]
    if gone:
        return error(410, f"{', '.join(gone)} not available any more")
    for slot, asset_id in worn.items():
        asset = catalogue.asset_by_id(asset_id.lower())
        if asset is not None and catalogue.API_SLOTS[asset.slot] != slot:
            return error(409, f"Asset {asset_id} added to wrong placement - {slot}")
    return None


def _is_worn(slot: str, item: object) -> bool:
    return slot in catalogue.API_SLOTS.values() and item is not None


def create_render(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Order a picture; only the webhook brings it, unless `Switches.at_once` is set."""
    request = incoming.request
    check.require(check.query_problems(request, RENDER_QUERY, frozenset({"avatar_id", "scene"})))
    avatar = find_avatar(sandbox, request.query["avatar_id"])
    if avatar.status(sandbox.clock.now()) == "failed" or undefined(sandbox, avatar):
        failed = {"id": identifiers.ordered_uuid(), "status": "failed", "render_url": None}
        return reply(failed)
    return reply(tasks.render(sandbox, incoming.origin, avatar, request.query["scene"]))


def create_export(sandbox: Sandbox, incoming: Incoming) -> Response:
    """Start the export of the present version, or give a temporary link to it.

    That an export has failed is told once, here or by webhook; asking again starts a new one.
    """
    request: Request = incoming.request
    check.require(check.query_problems(request, AVATAR, frozenset(AVATAR)))
    avatar, now = find_avatar(sandbox, request.query["avatar_id"]), sandbox.clock.now()
    status, version = avatar.status(now), str(avatar.version)
    if status == "failed" or undefined(sandbox, avatar):
        return reply({"status": "failed", "url": None})
    known = version in avatar.exports
    if not known and status == "ready":
        tasks.export(sandbox, incoming.origin, avatar, now)
    if not (known or sandbox.at_once) or now < avatar.exports.get(version, math.inf):
        return reply({"status": "pending", "url": None})
    if version in avatar.failed_exports:
        avatar.forget_failed_export(avatar.version)
        return reply({"status": "failed", "url": None})
    file = File(avatar.id, avatar.customization or {}, avatar.eyes)
    return reply({"status": "ready", "url": links.temporary_file(sandbox, incoming.origin, file)})


def undefined(sandbox: Sandbox, avatar: Avatar) -> bool:
    """Whether to answer badly: the service documents no behaviour for such avatars."""
    return sandbox.refuse_unopened and not avatar.opened


ROUTES = (
    Route("POST", "/api/v1/users/new", "createUser", create_user),
    Route("DELETE", "/api/v1/users/{user_id}", "deleteUser", delete_user),
    Route("GET", "/api/v1/users/{user_id}/avatars", "listUserAvatars", list_avatars),
    Route(
        "DELETE", "/api/v1/users/{user_id}/avatars/{avatar_id}", "deleteUserAvatar", delete_avatar
    ),
    Route("POST", "/api/v1/sessions/new", "createSession", create_session),
    Route("POST", "/api/v1/avatars/new", "createAvatar", create_avatar),
    Route("GET", "/api/v1/avatars/{id}/customization", "getCustomization", read_customization),
    Route("PUT", "/api/v1/avatars/{id}/customization", "setCustomization", write_customization),
    Route("POST", "/api/v1/renders/new", "createRender", create_render),
    Route("POST", "/api/v1/exports/new", "createExport", create_export),
)
