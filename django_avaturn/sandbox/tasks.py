"""Work that takes its time: the processing of photos, exports and renders, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import identifiers, links
from .look import from_customization
from .portrait import portrait
from .state import Avatar, File, Task

if TYPE_CHECKING:
    from .service import Sandbox

AVATAR, EXPORT, RENDER = "avatar.ready", "export.ready", "render.ready"
"""Events of the webhooks. They come whether the work went well or badly."""


def process_photos(sandbox: Sandbox, avatar: Avatar) -> None:
    """Start the processing, anew if it has been started before."""
    now = sandbox.clock.now()
    avatar.uploaded_at, avatar.ready_at = now, now + sandbox.processing_seconds
    avatar.failed, avatar.doomed = False, sandbox.use_up("fail_avatars")
    tasks = sandbox.state.tasks
    sandbox.state.tasks = [
        task for task in tasks if (task.event, task.avatar_id) != (AVATAR, avatar.id)
    ]
    sandbox.state.add_task(Task(AVATAR, avatar.id, avatar.ready_at))


def export(sandbox: Sandbox, origin: str, avatar: Avatar, now: float) -> None:
    """Start the export of the present version."""
    version = str(avatar.version)
    fails = sandbox.use_up("fail_exports")
    if fails:
        avatar.failed_exports.append(version)
    if sandbox.at_once:
        avatar.exports[version] = now
        return
    avatar.exports[version] = now + sandbox.export_seconds
    task = Task(EXPORT, avatar.id, avatar.exports[version], origin, fails=fails)
    sandbox.state.add_task(_with_look(task, avatar))


def render(sandbox: Sandbox, origin: str, avatar: Avatar, scene: str) -> dict[str, Any]:
    """Start a render; returns what its order is answered with."""
    now = sandbox.clock.now()
    due_at = max(now, avatar.ready_at or now)
    task = Task(RENDER, avatar.id, due_at, origin, identifiers.ordered_uuid(), scene)
    task.fails = avatar.ready_at is None or sandbox.use_up("fail_renders")
    _with_look(task, avatar)
    if sandbox.at_once and due_at <= now:
        ended = _picture(sandbox, avatar, task)
        return {name: ended[name] for name in ("id", "status", "render_url")}
    task.due_at += sandbox.render_seconds
    sandbox.state.add_task(task)
    return {"id": task.id, "status": "pending", "render_url": None}


def _with_look(task: Task, avatar: Avatar) -> Task:
    """What is ordered is the avatar as it is now, whatever becomes of it meanwhile."""
    task.customization, task.eyes = avatar.customization or {}, avatar.eyes
    task.version = avatar.version
    return task


def payload(sandbox: Sandbox, task: Task) -> dict[str, Any]:
    """What the site is told at the end of a task; a link in it works from now on."""
    user, avatar = sandbox.state.owned(task.avatar_id)
    common = {"avatar_id": avatar.id, "user_id": user.id, "event": task.event}
    ending = {AVATAR: _processed, EXPORT: _model, RENDER: _picture}[task.event]
    return {**common, **ending(sandbox, avatar, task)}


def _processed(sandbox: Sandbox, avatar: Avatar, task: Task) -> dict[str, Any]:
    status = "failed" if avatar.status(sandbox.clock.now()) == "failed" else "ready"
    told = {"status": status} if sandbox.avatar_status_told else {}
    return {**told, "session_id": None}


def _model(sandbox: Sandbox, avatar: Avatar, task: Task) -> dict[str, Any]:
    if task.fails:
        return {"status": "failed", "export_url": None}
    return {"status": "ready", "export_url": _link(sandbox, task)}


def _picture(sandbox: Sandbox, avatar: Avatar, task: Task) -> dict[str, Any]:
    if task.fails or avatar.status(sandbox.clock.now()) != "ready":
        return {"id": task.id, "status": "failed", "render_url": None}
    return {"id": task.id, "status": "ready", "render_url": _link(sandbox, task)}


def _link(sandbox: Sandbox, task: Task) -> str:
    file = File(task.avatar_id, task.customization, task.eyes, scene=task.scene)
    return links.temporary_file(sandbox, task.origin, file)


def draw(task: Task) -> None:
    """Draw the picture of a render, which is kept for those who fetch it."""
    portrait(from_customization(task.customization, task.eyes), task.scene)


def forget_failure(sandbox: Sandbox, task: Task) -> None:
    """A failed export has been told of: asking again starts a new one."""
    avatar = sandbox.state.avatar(task.avatar_id)
    if avatar is not None and task.event == EXPORT:
        avatar.forget_failed_export(task.version)
