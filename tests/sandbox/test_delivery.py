"""How webhooks reach the site, or do not."""

import json
import threading
import time

import pytest

from django_avaturn.sandbox import Sandbox, SandboxServer
from django_avaturn.sandbox.webhooks import Carrier
from tests.sandbox.conftest import Caller, export, render


def test_without_a_way_to_the_site_delivering_says_so(sandbox):
    with pytest.raises(ValueError, match="webhook_url or deliver"):
        sandbox.deliver_webhooks()


@pytest.mark.parametrize(
    "url",
    [
        "/hooks/",
        "ftp://x/y",
        "http://",
        "http://x:99999/",
        "http://x/geheimnisü/",
        "http://x/a b/",
        "http://x/?ü",
        "http://.example/",
        "http://a..b/",
        f"http://{'x' * 64}/",
    ],
)
def test_an_address_that_is_none_is_refused(sandbox, url):
    with pytest.raises(ValueError, match=r"address|Port|label"):
        sandbox.webhook_url = url
    assert sandbox.webhook_url == ""


def test_copies(call, sandbox, avatar, got):
    sandbox.webhook_copies = 3
    render(call, avatar)
    (webhook,) = sandbox.deliver_webhooks()

    assert webhook.answers == [200] * 3
    assert got[0] == got[1] == got[2]


def test_lost_webhooks_are_made_but_never_delivered(call, sandbox, avatar, got):
    sandbox.lose_webhooks = 1
    first, second = (render(call, avatar)["id"] for _ in range(2))
    sandbox.deliver_webhooks()

    assert [payload["id"] for payload in got] == [second]
    assert [(hook.payload["id"], hook.lost, hook.answers) for hook in sandbox.webhooks] == [
        (first, True, []),
        (second, False, [200]),
    ]


def test_a_lost_failure_is_told_by_the_answer(call, sandbox, avatar, got):
    sandbox.lose_webhooks = sandbox.fail_exports = 1
    export(call, avatar)
    sandbox.deliver_webhooks()

    assert export(call, avatar)["status"] == "failed"


def test_reversed_webhooks_start_with_the_latest_once_all_work_is_done(call, sandbox, avatar, got):
    sandbox.webhook_order = "reversed"
    first = render(call, avatar)["id"]
    sandbox.render_seconds = 10
    second = render(call, avatar)["id"]
    assert sandbox.deliver_webhooks() == []
    sandbox.clock.advance(11)
    sandbox.deliver_webhooks()

    assert [payload["id"] for payload in got] == [second, first]


def test_early_webhooks_come_before_the_answer(call, sandbox, avatar):
    order = []
    sandbox.deliver = lambda body: order.append(json.loads(body)["event"]) or 200
    sandbox.early_webhooks = True

    render(call, avatar)
    order.append("render answered")
    export(call, avatar)
    order.append("export answered")

    assert order == ["render.ready", "render answered", "export.ready", "export answered"]


def test_webhooks_hide_links_from_their_repr(call, sandbox, avatar, got):
    export(call, avatar)

    assert "files" not in repr(sandbox.deliver_webhooks())


def test_webhooks_survive_a_restart(tmp_path):
    before = Sandbox(state_file=tmp_path / "state.json")
    call = Caller(before)
    avatar = before.add_avatar(before.add_user())
    before.export_seconds = 60
    export(call, avatar)
    ordered = render(call, avatar)["id"]
    before.deliver_webhooks(lambda body: 200)

    after = Sandbox(state_file=tmp_path / "state.json")
    after.clock.advance(61)
    assert ordered not in str([hook.payload for hook in after.deliver_webhooks(lambda body: 200)])
    assert [hook.payload["status"] for hook in after.webhooks] == ["ready"]


def test_reset_forgets_them(call, sandbox, avatar, got):
    render(call, avatar)
    sandbox.deliver_webhooks()
    render(call, avatar)

    sandbox.reset()

    assert (sandbox.webhooks, sandbox.deliver) == ([], None)
    assert sandbox.deliver_webhooks(lambda body: 200) == []


def test_tasks_that_nobody_hears_of_do_not_pile_up(call, sandbox, avatar):
    for _ in range(1010):
        render(call, avatar)

    assert len(sandbox.deliver_webhooks(lambda body: 200)) == 1000


def test_a_server_delivers_by_itself(server, call, sandbox, avatar, site):
    sandbox.webhook_url = site.url
    ordered = render(call, avatar)["id"]

    assert sandbox.wait_for_webhooks()

    ((path, content_type, payload),) = site.got
    assert (path, content_type) == ("/hooks/secret/?x=1", "application/json")
    assert payload["id"] == ordered
    assert sandbox.webhooks[0].answers == [200]


def test_the_address_may_come_later(server, call, sandbox, avatar, site):
    render(call, avatar)
    assert not sandbox.wait_for_webhooks(timeout=0.05)

    sandbox.webhook_url = site.url

    assert sandbox.wait_for_webhooks()


def test_the_server_follows_the_clock(server, call, sandbox, avatar, site):
    sandbox.webhook_url, sandbox.export_seconds = site.url, 3600
    export(call, avatar)
    assert not sandbox.wait_for_webhooks(timeout=0.05)

    sandbox.clock.advance(3600)

    assert sandbox.wait_for_webhooks()
    assert site.events == ["export.ready"]


def test_the_server_waits_out_real_time(server, call, sandbox, avatar, site):
    sandbox.webhook_url, sandbox.export_seconds = site.url, 0.2
    begun = time.monotonic()
    export(call, avatar)

    assert sandbox.wait_for_webhooks()
    assert 0.15 < time.monotonic() - begun < 5


def test_early_webhooks_of_a_server_are_early_too(server, call, sandbox, avatar, site):
    sandbox.webhook_url, sandbox.early_webhooks = site.url, True
    for number in range(1, 6):
        render(call, avatar)
        assert len(site.got) == number


def test_the_site_s_answers_are_kept(server, call, sandbox, avatar, site):
    heard = []
    sandbox.webhook_listener = heard.append
    sandbox.webhook_url, site.answer = site.url, 503
    render(call, avatar)
    assert sandbox.wait_for_webhooks()
    sandbox.webhook_url = "http://127.0.0.1:9/nobody"
    render(call, avatar)
    assert sandbox.wait_for_webhooks(2)

    assert [webhook.answers for webhook in sandbox.webhooks] == [[503], [0]]
    assert heard == sandbox.webhooks


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1]:9/%C3%BC/?a=b#c"])
def test_an_address_may_be_short_or_quoted(url):
    assert Carrier(url)(b"{}") == 0


def test_what_no_request_can_hold_is_no_answer():
    """The thread that delivers must live on, whatever it is."""
    carrier = Carrier("http://127.0.0.1:9/")
    carrier._path = "/ü"
    assert carrier(b"{}") == 0


def courier_threads():
    return {one for one in threading.enumerate() if one.name == "avaturn-webhooks"}


def test_no_thread_outlives_the_server(sandbox):
    before = courier_threads()
    with SandboxServer(sandbox):
        assert len(courier_threads() - before) == 1
    assert courier_threads() == before


def test_stopping_interrupts_a_slow_site_and_keeps_the_rest(sandbox, call, avatar, site):
    arrived, over = threading.Event(), threading.Event()
    site.before = lambda: arrived.set() or over.wait(10)
    before = courier_threads()
    with SandboxServer(sandbox):
        sandbox.webhook_url = site.url
        first, second = (render(call, avatar)["id"] for _ in range(2))
        assert arrived.wait(10)
        begun = time.monotonic()
    took = time.monotonic() - begun
    over.set()

    assert took < 3
    assert courier_threads() == before
    assert sandbox.webhooks[0].payload["id"] == first
    assert [hook.payload["id"] for hook in sandbox.deliver_webhooks(lambda body: 200)] == [second]
