"""From "Next" to the figure in 3D and the portrait; and the viewer on good and bad days."""

from __future__ import annotations

import io
import re
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import expect

from django_avaturn import jobs, services
from django_avaturn.models import Avatar, AvatarFile, AvaturnProfile, Job
from tests.photographs import photo

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' blob:; "
    "style-src 'self' 'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
)
GLB = re.compile(r"\.glb$")
MODULE = re.compile("model-viewer")


@pytest.fixture
def stored(visitor, ann, sandbox):
    """Ann's active avatar, with its model in the storage."""
    avatar_id = UUID(sandbox.add_avatar(services.get_profile(ann).avaturn_id))
    services.record_export(ann, avatar_id, {})
    jobs.run_due(AvatarFile)
    return Avatar.objects.get(pk=avatar_id)


@pytest.fixture
def asked(visitor):
    """Addresses that the page has asked for."""
    addresses = []
    visitor.on("request", lambda request: addresses.append(request.url))
    return addresses


def open_page(page, live_server, query=""):
    page.goto(f"{live_server.url}/view/?{query}")


def viewer(page):
    return page.locator("avaturn-viewer")


def state(page, wanted):
    expect(viewer(page)).to_have_attribute("data-state", wanted)


def show(page):
    viewer(page).get_by_role("button", name="Show in 3D").click()


def any_of(addresses, pattern):
    return [address for address in addresses if pattern.search(address)]


def test_nothing_is_loaded_before_3d_is_wanted(visitor, live_server, stored, asked):
    open_page(visitor, live_server, "reveal=click")
    expect(viewer(visitor).get_by_role("button", name="Show in 3D")).to_be_visible()
    assert not any_of(asked, GLB)
    assert not any_of(asked, MODULE)
    show(visitor)
    state(visitor, "shown")
    assert len(any_of(asked, GLB)) == 1
    expect(visitor.locator("model-viewer")).to_be_focused()
    expect(viewer(visitor).locator(".avaturn-viewer-status")).to_contain_text("Arrow keys")


def test_it_loads_when_it_comes_into_view(visitor, live_server, stored, asked):
    open_page(visitor, live_server, "down=1")
    visitor.wait_for_load_state("networkidle")
    assert not any_of(asked, MODULE)
    viewer(visitor).scroll_into_view_if_needed()
    state(visitor, "shown")


def test_it_turns_and_obeys_the_arrow_keys(visitor, live_server, stored):
    orbit = "document.querySelector('model-viewer').getCameraOrbit().theta"
    open_page(visitor, live_server)
    state(visitor, "shown")
    assert visitor.locator("model-viewer").get_attribute("auto-rotate") is not None
    before = visitor.evaluate(orbit)
    visitor.locator("model-viewer .userInput").focus()
    visitor.keyboard.press("ArrowRight")
    visitor.wait_for_function(f"Math.abs({orbit} - {before}) > 0.1")


def test_reduced_motion_is_respected(visitor, live_server, stored):
    visitor.emulate_media(reduced_motion="reduce")
    open_page(visitor, live_server)
    show(visitor)
    state(visitor, "shown")
    assert visitor.locator("model-viewer").get_attribute("auto-rotate") is None


def test_strict_policy_is_not_violated(quiet, live_server, stored):
    open_page(quiet, live_server, f"policy={POLICY.replace(' ', '+')}")
    state(quiet, "shown")
    box = quiet.locator("model-viewer").bounding_box()
    assert box["height"] == pytest.approx(375, abs=2)


@pytest.mark.parametrize("kind", ["gone", "broken"])
def test_model_that_does_not_load_can_be_tried_again(visitor, live_server, stored, kind):
    answer = {"status": 404} if kind == "gone" else {"body": b"glTF nonsense"}
    visitor.route(GLB, lambda route: route.fulfill(**answer), times=1)
    open_page(visitor, live_server)
    state(visitor, "failed")
    expect(viewer(visitor).get_by_role("status")).to_contain_text("could not be loaded")
    expect(viewer(visitor).locator(".avaturn-viewer-poster")).to_be_visible()
    viewer(visitor).get_by_role("button", name="Retry").click()
    state(visitor, "shown")


def test_module_that_does_not_load_can_be_tried_again(visitor, live_server, stored):
    visitor.route(MODULE, lambda route: route.abort(), times=1)
    open_page(visitor, live_server)
    state(visitor, "failed")
    viewer(visitor).get_by_role("button", name="Retry").click()
    state(visitor, "shown")


def test_without_webgl_the_picture_stays(visitor, live_server, stored, asked):
    visitor.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    open_page(visitor, live_server)
    show(visitor)
    state(visitor, "unsupported")
    expect(viewer(visitor).get_by_role("status")).to_contain_text("cannot show 3D")
    link = viewer(visitor).get_by_role("link", name="Download the model")
    assert link.get_attribute("href").endswith(stored.model.file.name)
    assert not any_of(asked, MODULE)


def test_without_javascript_there_is_the_picture_and_a_link(
    browser, live_server, ann, stored, client
):
    row = AvatarFile(avatar=stored, kind="portrait", state="ready")
    row.file.save("p.webp", ContentFile(b"..."))
    client.force_login(ann)
    context = browser.new_context(java_script_enabled=False)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    context.add_cookies([{**cookie, "url": live_server.url}])
    page = context.new_page()
    open_page(page, live_server)
    expect(page.locator(".avaturn-viewer-poster")).to_be_visible()
    expect(page.get_by_role("link", name="Download the model")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    context.close()


def test_another_users_viewer_is_empty(visitor, live_server, stored, bob, log_in):
    log_in(bob)
    open_page(visitor, live_server)
    assert str(stored.pk) not in visitor.content()
    expect(viewer(visitor).get_by_role("status")).to_have_text(re.compile("not here yet"))


def portrait_of(page):
    return page.locator("header avaturn-portrait img")


def next_(page):
    page.frame_locator("iframe").get_by_test_id("next").click()


def test_from_next_to_3d_and_portrait_and_again(visitor, live_server, configure, asked):
    """The main job: the browser takes the picture, for there is no webhook."""
    configure(HOOKS="django_avaturn.hooks.AvaturnHooks")
    page = visitor
    open_page(page, live_server, "editor=1")
    page.frame_locator("iframe").get_by_test_id(re.compile("^start-")).first.click()
    expect(page.frame_locator("iframe").locator("html")).to_have_attribute("data-state", "editor")
    next_(page)
    state(page, "shown")
    expect(portrait_of(page)).to_be_visible()
    expect(page.locator("avaturn-editor")).to_have_attribute("data-state", "saved")
    avatar = Avatar.objects.get()
    first = {row.kind: (row.file.name, row.version) for row in avatar.files.all()}
    assert viewer(page).get_attribute("data-src").endswith(first["model"][0])
    assert portrait_of(page).get_attribute("src").endswith(first["portrait"][0])
    assert_shows_a_face(avatar.portrait)

    editor = page.frame_locator("iframe")
    canvas = editor.locator("canvas[data-look]")
    look = canvas.get_attribute("data-look")
    editor.get_by_test_id(re.compile("^option-hair_color-")).last.click()
    expect(canvas).not_to_have_attribute("data-look", look)
    next_(page)
    expect(portrait_of(page)).not_to_have_attribute("src", re.compile(first["portrait"][0]))
    expect(viewer(page)).not_to_have_attribute("data-version", first["model"][1])
    state(page, "shown")
    second = {row.kind: (row.file.name, row.version) for row in Avatar.objects.get().files.all()}
    assert not set(first.values()) & set(second.values())
    assert {row.state for row in AvatarFile.objects.all()} == {Job.State.READY}
    assert not any("127.0.0.1" not in address and "localhost" not in address for address in asked)


def test_avatar_in_the_making_is_followed_until_it_is_made(visitor, live_server, ann, sandbox):
    profile = services.get_profile(ann)
    avatar_id = UUID(sandbox.add_avatar(profile.avaturn_id))
    sandbox.set_status(str(avatar_id), "processing")
    services.sync_profile(profile)
    Avatar.objects.update(customized=False)  # made from photos: its files come by themselves
    AvaturnProfile.objects.update(active_avatar=avatar_id, synced_at=None)
    visitor.add_init_script(
        """window.told = [];
        document.addEventListener("avaturn:stored", ({ detail: { avatar } }) =>
          told.push([avatar.status, avatar.model?.state ?? "none"]));"""
    )
    open_page(visitor, live_server)
    visitor.wait_for_function("told.length")
    sandbox.set_status(str(avatar_id), "ready")
    state(visitor, "shown")
    told = visitor.evaluate("told")
    assert told[0] == ["processing", "none"]
    assert told[-1] == ["ready", "ready"]


def test_another_avatar_never_stands_under_the_picture_of_the_one_before(
    visitor, live_server, stored, ann, sandbox
):
    open_page(visitor, live_server, "reveal=click")
    picture = viewer(visitor).locator("img")
    visitor.evaluate(
        """() => {
        const img = Object.assign(new Image(), { src: "data:," });
        document.querySelector(".avaturn-viewer-stage").append(img);
        }"""
    )
    other = {"id": "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e", "active": True, "model": None}
    tell = """avatar => document.dispatchEvent(
        new CustomEvent("avaturn:stored", { detail: { avatar } }))"""
    visitor.evaluate(tell, {**other, "portrait": None})
    expect(picture).to_have_count(0)
    portrait = {"url": "/favicon.ico?new", "thumbnail": None}
    visitor.evaluate(tell, {**other, "portrait": portrait})
    expect(picture).to_have_attribute("src", "/favicon.ico?new")
    visitor.evaluate(tell, {**other, "portrait": None})  # of the same: an older one is better
    expect(picture).to_have_count(1)


def test_avatar_without_a_model_is_not_shown_as_the_one_before(visitor, live_server, stored):
    open_page(visitor, live_server)
    state(visitor, "shown")
    other = {"id": "01985b7e-6a10-7c3e-9d52-1f0a9b3c4d5e", "active": True}
    tell = """avatar => document.dispatchEvent(
        new CustomEvent("avaturn:stored", { detail: { avatar } }))"""
    visitor.evaluate(tell, {**other, "model": None, "portrait": None})
    state(visitor, "picture")
    expect(visitor.locator("model-viewer")).to_have_count(0)
    expect(viewer(visitor).get_by_role("status")).to_have_text(re.compile("not here yet"))
    model = {"state": "ready", "url": stored.model.file.url, "version": "other"}
    visitor.evaluate(tell, {**other, "model": model, "portrait": None})
    state(visitor, "shown")


def test_portrait_has_one_name_with_a_picture_and_without(visitor, live_server, stored):
    def store():
        row = AvatarFile(avatar=stored, kind="portrait", state="ready")
        row.file.save("p.webp", ContentFile(photo(size=(64, 64))))
        return row

    row = store()
    open_page(visitor, live_server, "editor=1")
    visitor.evaluate("customElements.whenDefined('avaturn-files').then(() => true)")
    named = visitor.locator("header").get_by_role("img", name="Portrait of ann")
    changed = "document.dispatchEvent(new CustomEvent('avaturn:changed'))"
    expect(named).to_have_js_property("localName", "img")
    row.delete()
    visitor.evaluate(changed)
    expect(named).to_have_js_property("localName", "svg")
    store()
    visitor.evaluate(changed)
    expect(named).to_have_js_property("localName", "img")
    expect(named).to_have_count(1)


def assert_shows_a_face(row):
    """Something in the middle, and nothing but background in the upper corners."""
    with row.file.open() as file:
        image = Image.open(io.BytesIO(file.read())).convert("RGBA")
    assert image.size == (512, 512)
    assert image.getpixel((256, 256))[3] > 250
    assert image.getpixel((5, 5))[3] < 5
    assert image.getpixel((506, 5))[3] < 5
    colours = image.crop((128, 128, 384, 384)).convert("RGB").getcolors(2**18)
    assert len(colours) > 100
