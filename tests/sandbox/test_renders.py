import io
import threading

import pytest
from PIL import Image

from django_avaturn.sandbox.look import Look, from_mapping, starter
from django_avaturn.sandbox.portrait import portrait

HALF, FULL = "common/transparent_half_body", "common/transparent_full_body"


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def fetched(call, sandbox, avatar, scene, **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    call("POST", f"/api/v1/renders/new?avatar_id={avatar}&scene={scene}{more}")
    (webhook,) = sandbox.deliver_webhooks(lambda body: 200)
    return call("GET", webhook.payload["render_url"], token=None)


@pytest.mark.parametrize("query", [{}, {"format": "png"}, {"format": "webp"}], ids=str)
def test_a_render_is_a_png_whatever_was_asked_for(call, sandbox, query):
    avatar = sandbox.add_avatar(sandbox.add_user())

    answer = fetched(call, sandbox, avatar, "common/preview", **query)

    assert (answer.status, answer.content_type) == (200, "image/png")
    assert sandbox.count("downloadRender") == 1
    image = opened(answer.body)
    assert (image.format, image.size, image.mode) == ("PNG", (512, 640), "RGBA")


def test_the_picture_shows_the_present_look(call, sandbox):
    avatar = sandbox.add_avatar(sandbox.add_user(), starter("body_1"))
    before = fetched(call, sandbox, avatar, HALF).body
    again = fetched(call, sandbox, avatar, HALF).body
    call("PUT", f"/api/v1/avatars/{avatar}/customization", {"body": "body_2"})

    assert before == again == portrait(starter("body_1"), HALF)
    assert fetched(call, sandbox, avatar, HALF).body not in {before, b""}


@pytest.mark.parametrize(
    "change",
    [{"eyes": "green"}, {"hair": "bun"}, {"hair_color": "#ff0000"}, {"skin": 50}, {"chest": 60}],
    ids=str,
)
def test_every_change_changes_the_picture(change):
    assert portrait(from_mapping(change), HALF) != portrait(Look(), HALF)


def extent(image):
    return image.getchannel("A").getbbox()


def test_the_full_body_is_whole_and_in_the_middle():
    left, top, right, bottom = extent(opened(portrait(Look(), FULL)))

    assert 0 < left < 256 < right < 512
    assert abs(left + right - 512) < 60
    assert 15 < top < 70
    assert 580 < bottom < 630


def test_half_a_body_is_cut_below_and_its_head_is_in_the_upper_square():
    image = opened(portrait(Look(), HALF))

    assert extent(image)[3] == 640
    assert extent(image)[1] > 30
    face = image.crop((200, 150, 330, 260)).getchannel("A")
    assert face.getextrema() == (255, 255)


@pytest.mark.parametrize("scene", ["common/preview", "common/city_full_body", "own/party"])
def test_other_scenes_have_a_coloured_background(scene):
    image = opened(portrait(Look(), scene))

    assert image.getchannel("A").getextrema() == (255, 255)
    red, green, blue, _ = image.getpixel((3, 3))
    assert max(red, green, blue) - min(red, green, blue) > 5


def test_scenes_differ():
    scenes = ("common/preview", "common/forest_half_body", "common/city_full_body", HALF, FULL)

    assert len({portrait(Look(), scene) for scene in scenes}) == len(scenes)


def test_edges_are_smooth():
    alpha = opened(portrait(Look(), HALF)).getchannel("A").histogram()

    assert sum(alpha[1:255]) > 500  # pixels on the edge that are neither in nor out
    assert alpha[0] > 50_000


def test_a_picture_is_drawn_once(call, sandbox):
    look = from_mapping({"hair": "bun", "skin": -13})
    avatar = sandbox.add_avatar(sandbox.add_user(), look)
    drawn = portrait.cache_info().misses

    for _ in range(3):
        fetched(call, sandbox, avatar, HALF)

    assert portrait.cache_info().misses == drawn + 1


def test_nobody_waits_for_a_drawing(call, sandbox, monkeypatch):
    avatar = sandbox.add_avatar(sandbox.add_user())
    call("POST", f"/api/v1/renders/new?avatar_id={avatar}&scene={HALF}")
    (webhook,) = sandbox.deliver_webhooks(lambda body: 200)
    free = []

    def drawn(look, scene):
        def other():
            free.append(sandbox._lock.acquire(timeout=5))
            sandbox._lock.release()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return b"drawn"

    monkeypatch.setattr("django_avaturn.sandbox.storage.portrait", drawn)
    assert call("GET", webhook.payload["render_url"]).body == b"drawn"
    assert free == [True]


@pytest.mark.parametrize("ending", ["glb", "png"])
def test_a_link_has_one_ending(call, sandbox, ending):
    avatar = sandbox.add_avatar(sandbox.add_user())
    sandbox.at_once = True
    path = f"exports/new?avatar_id={avatar}" if ending == "glb" else None
    path = path or f"renders/new?avatar_id={avatar}&scene={HALF}"
    answer = call("POST", f"/api/v1/{path}").json()
    link = answer.get("url") or answer["render_url"]

    assert link.endswith(f".{ending}")
    other = {"glb": "png", "png": "glb"}[ending]
    assert call("GET", link).status == 200
    assert call("GET", f"{link[:-3]}{other}").status == 404
