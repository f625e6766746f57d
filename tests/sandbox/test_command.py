import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command

from django_avaturn.management.commands.avaturn_sandbox import Command
from django_avaturn.sandbox import Sandbox
from tests.sandbox.site import Site

OWN = "the-site-s-own-secret"
AUTH = {"Authorization": "Bearer sandbox-token"}


@pytest.fixture(autouse=True)
def in_development(settings, tmp_path, monkeypatch):
    settings.DEBUG = True
    settings.AVATURN = {"API_TOKEN": OWN}
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(monkeypatch):
    """Run the command; while it serves, call ``visit`` with its address."""

    def go(*options, visit=lambda url: None):
        out = io.StringIO()
        monkeypatch.setattr(Command, "wait", lambda self: visit(_address(out.getvalue())))
        call_command("avaturn_sandbox", *options, stdout=out)
        return out.getvalue()

    return go


def _address(text):
    return re.search(r"http://\S+?:\d+", text).group()


def new_user(url, token):
    request = urllib.request.Request(
        f"{url}/api/v1/users/new", method="POST", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["id"]


def test_where_it_listens_is_said_as_for_runserver(run):
    seen = []
    text = run("127.0.0.1:0", "--scenario", "silent", visit=seen.append)
    assert _address(text) == seen[0]
    with pytest.raises(CommandError, match="neither a port nor host:port"):
        run("somewhere")


def test_it_serves_with_the_site_s_token_and_its_own(run, tmp_path):
    ids = []

    def visit(url):
        ids.extend(new_user(url, token) for token in (OWN, "sandbox-token"))

    text = run("--port", "0", visit=visit)

    assert len(ids) == 2
    assert '"API_URL": "http://127.0.0.1:' in text
    assert re.search(r'"PROJECT_URL": "http://127\.0\.0\.1:\d+/iframe"', text)
    assert OWN not in text
    assert text.endswith("The sandbox has stopped.\n")
    kept = json.loads((tmp_path / ".avaturn-sandbox.json").read_text())
    assert sorted(kept["users"]) == sorted(ids)


def test_state_can_stay_in_memory(run, tmp_path):
    run("--port", "0", "--state", "none", visit=lambda url: new_user(url, OWN))

    assert not list(tmp_path.iterdir())


def test_it_takes_a_host_with_the_port(run):
    assert "http://localhost" not in run("--port", "127.0.0.1:0")


@pytest.mark.parametrize("port", ["x", "host:", "1:2:x", "70000"])
def test_a_port_that_is_none_is_refused(run, port):
    with pytest.raises(CommandError, match="neither a port nor host:port"):
        run("--port", port)


def test_everything_can_fail(run):
    def visit(url):
        with pytest.raises(urllib.error.HTTPError) as refused:
            new_user(url, OWN)
        assert refused.value.code == 503
        refused.value.close()

    run("--port", "0", "--fail", "503", visit=visit)


def bad_day(url):
    """30 calls, one after the other."""
    for _ in range(30):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=0.1)
        try:
            connection.request("DELETE", "/api/v1/users/x", headers=AUTH)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()


def test_a_bad_day_can_be_had_again(run):
    options = ("--port", "0", "--state", "none", "--faults", "0.5")
    text = run(*options, visit=bad_day)
    seed = re.search(r"50% of the calls fail; --seed (\d+) has the same faults", text)[1]
    told = re.findall(r"^Fault (.+)$", text, re.MULTILINE)
    assert 3 < len(told) < 30
    for line in told:
        assert re.fullmatch(r"(deleteUser|connection) \d+: \w+(, the work was done)?", line)

    again = run(*options, "--seed", seed, visit=bad_day)
    assert told == re.findall(r"^Fault (.+)$", again, re.MULTILINE)
    assert "of the calls fail" not in run("--port", "0", "--state", "none")


def test_requests_are_logged_only_when_asked(run):
    def visit(url):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/files/secret.glb?q=secret", timeout=10)
        refused.value.close()

    assert "/files/" not in run("--port", "0", visit=visit)
    loud = run("--port", "0", "--verbosity", "2", visit=visit)
    assert "GET /files/{token}.glb 404" in loud
    assert "secret" not in loud


def post(url, path):
    request = urllib.request.Request(
        f"{url}{path}",
        b"",
        method="POST",
        headers={"Authorization": "Bearer sandbox-token", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
def avatar(tmp_path):
    kept = Sandbox(state_file=tmp_path / ".avaturn-sandbox.json")
    return kept.add_avatar(kept.add_user())


@pytest.mark.parametrize(("answer", "line"), [(200, False), (404, True)])
def test_webhooks_go_to_the_site(run, monkeypatch, avatar, answer, line):
    log, told = Command.log_webhook, threading.Event()
    monkeypatch.setattr(Command, "log_webhook", lambda *args: (log(*args), told.set()))
    with Site() as site:
        site.answer = answer

        def visit(url):
            post(url, f"/api/v1/exports/new?avatar_id={avatar}")
            assert told.wait(10)

        text = run("--port", "0", "--webhook", site.url, "--fail-exports", "1", visit=visit)

    ((_, _, payload),) = site.got
    assert (payload["event"], payload["status"]) == ("export.ready", "failed")
    assert f"Webhooks go to http://127.0.0.1:{site.url.split(':')[2].split('/')[0]}/..." in text
    assert "secret/" not in text
    assert ("Webhook export.ready: 404" in text) is line


def test_it_says_that_no_webhooks_are_sent(run):
    assert "--webhook URL" in run("--port", "0")


@pytest.mark.parametrize(
    "option",
    [
        ("--webhook", "localhost:8000/hooks/"),
        ("--webhook", "http://x:99999/"),
        ("--fail", "200"),
        ("--latency", "nan"),
        ("--export-seconds", "-1"),
        ("--render-seconds", "soon"),
        ("--fail-exports", "1.5"),
        ("--faults", "1.5"),
        ("--faults", "half"),
        ("--seed", "-1"),
        ("--avatar-type", "T3"),
        ("--webhook", "http://localhost/geheimnisü/"),
        ("--webhook", "http://.example/secret/"),
    ],
    ids=" ".join,
)
def test_senseless_options_are_refused(run, option):
    with pytest.raises(CommandError, match=option[0]):
        run(*option)


def test_switches_are_options(run):
    seen = {}

    def visit(url):
        with urllib.request.urlopen(f"{url}/_sandbox/state", timeout=10) as answer:
            seen.update(json.load(answer)["switches"])

    options = ("--export-seconds", "2.5", "--webhook-copies", "2", "--avatar-type", "T2")
    run("--port", "0", *options, visit=visit)

    assert seen["avatar_type"] == "T2"
    assert (seen["export_seconds"], seen["webhook_copies"]) == (2.5, 2)
    assert (seen["processing_seconds"], seen["fail_exports"]) == (3, 0)


def test_it_refuses_to_run_in_production(run, settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="--force"):
        run("--port", "0")
    assert "has stopped" in run("--port", "0", "--force")


def test_a_port_in_use_says_what_to_do(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use.*--port"):
            run("--port", str(port))


def test_an_address_of_another_machine_says_so(run):
    with pytest.raises(CommandError, match=r"Cannot listen on 192\.0\.2\.1:0: \w+"):
        run("--port", "192.0.2.1:0")  # an address for documentation, which nobody has


def test_it_can_be_run_beside_the_main_thread(run):
    before, ids = signal.getsignal(signal.SIGTERM), []

    def visit(url):
        ids.append(new_user(url, OWN))
        assert signal.getsignal(signal.SIGTERM) is before

    with ThreadPoolExecutor(1) as pool:
        text = pool.submit(run, "--port", "0", "--state", "none", visit=visit).result(30)

    assert len(ids) == 1
    assert text.endswith("The sandbox has stopped.\n")


def test_a_broken_state_file_says_what_to_do(run, tmp_path):
    (tmp_path / "state.json").write_text("[]")

    with pytest.raises(CommandError, match=r"state\.json.*--state"):
        run("--port", "0", "--state", "state.json")


@pytest.mark.parametrize("name", ["nowhere/state.json", "file/state.json"])
def test_a_state_file_that_cannot_be_written_says_what_to_do(run, tmp_path, name):
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match=rf"{name} cannot be written: \w.*--state none"):
        run("--port", "0", "--state", name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number, tmp_path, pytestconfig):
    code = (
        # Whoever started the tests may have it ignored.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from django.conf import settings; import django;"
        "settings.configure(DEBUG=True, INSTALLED_APPS=['django_avaturn',"
        " 'django.contrib.auth', 'django.contrib.contenttypes']); django.setup();"
        "from django.core.management import call_command;"
        "call_command('avaturn_sandbox', '--port', '0', '--state', 'none')"
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(pytestconfig.rootpath)},
    )
    with process:
        lines = [process.stdout.readline()]
        while "Ctrl-C" not in lines[-1] and lines[-1]:
            lines.append(process.stdout.readline())
        process.send_signal(number)
        rest = process.stdout.read()

    assert process.returncode == 0
    assert "The sandbox has stopped." in rest
