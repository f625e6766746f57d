"""The webhook's address is a secret: in no log, no error e-mail and no page."""

from __future__ import annotations

import logging
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from types import SimpleNamespace

import django
import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from django.core.servers.basehttp import WSGIRequestHandler
from django.db import DatabaseError
from django.test import AsyncClient, Client, RequestFactory

from django_avaturn.models import WebhookEvent
from django_avaturn.redaction import LOGGERS, Secret, WebhookSecretFilter, hide, install
from tests.attacks.conftest import SECRET

PATH = f"/avatar/webhooks/{SECRET}/"
ROTATED = "the-secret-of-last-year-1c0e"
LINK = "https://assets.avaturn.me/m.glb?sig=LINK-SECRET"

BOSS = "boss@example.com" if django.VERSION >= (6,) else ("boss", "boss@example.com")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configured(configure):
    configure(WEBHOOK_SECRETS=[SECRET])


def send(secret, status, monkeypatch, client=None):
    """Have the view answer with this status."""
    client = client or Client(raise_request_exception=False)
    path = f"/avatar/webhooks/{secret}/"
    kind = {"content_type": "application/json"}
    if status == 405:
        return client.put(path, b"")
    if status == 500:
        monkeypatch.setattr(WebhookEvent, "save", fail)
    body = {400: b"{", 413: b"x" * 70_000}.get(status) or f'{{"event": "x", "a_url": "{LINK}"}}'
    return client.post(path, body, **kind)


def fail(*args, **kwargs):
    raise DatabaseError("down")


STATUSES = [200, 400, 404, 405, 413, 500]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("status", STATUSES)
def test_no_log_line_and_no_page_has_the_secret(status, debug, caplog, monkeypatch, settings):
    settings.DEBUG = debug
    secret = ROTATED if status == 404 else SECRET
    with caplog.at_level(logging.DEBUG):
        answer = send(secret, status, monkeypatch)
    assert answer.status_code == status
    assert (status < 400) != ("django.request" in [record.name for record in caplog.records])
    assert secret not in caplog.text
    if not (debug and status in (404, 500)):  # these pages are the developer's own
        assert secret not in answer.content.decode()
    for record in caplog.records:
        assert secret not in str(vars(record))
        assert secret not in str(vars(getattr(record, "request", SimpleNamespace())))


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("where", ["view", "middleware"])
def test_no_error_report_has_the_secret_or_a_link(html, where, monkeypatch, settings):
    settings.ADMINS = [BOSS]
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    if where == "middleware":
        settings.MIDDLEWARE = ["tests.attacks.test_redaction.Broken", *settings.MIDDLEWARE]
    handlers = logging.getLogger("django").handlers
    mailer = next(one for one in handlers if hasattr(one, "include_html"))
    monkeypatch.setattr(mailer, "include_html", html)
    assert send(SECRET, 500, monkeypatch).status_code == 500
    message = mail.outbox[0]
    report = message.subject + message.body + str(message.alternatives)
    assert "Broken" in report if where == "middleware" else "DatabaseError" in report
    assert len(message.alternatives) == html
    assert SECRET not in report
    assert "LINK-SECRET" not in report


class Broken:
    """Fails before any view is reached."""

    def __init__(self, get_response):
        pass

    def __call__(self, request):
        raise RuntimeError("Broken")


def test_development_page_of_an_error_has_no_secret(monkeypatch, settings):
    settings.DEBUG = True
    page = send(SECRET, 500, monkeypatch).content.decode()
    assert "DatabaseError" in page
    assert SECRET not in page.replace(repr(settings.AVATURN), "")


def test_asgi_hides_it_too(caplog):
    answer = async_to_sync(AsyncClient().put)(PATH)
    assert answer.status_code == 405
    assert "Method Not Allowed: /avatar/webhooks/***/" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "line",
    [
        f"POST {PATH} HTTP/1.1",
        f"POST {PATH}?a=b HTTP/1.1",
        f"GET {PATH[:-1]} HTTP/1.1",
        f"GET //evil.example{PATH} HTTP/1.0",
        f"POST http://site.example{PATH} HTTP/1.1",
        f"PUT /de/some/where/else/webhooks/{SECRET}/ HTTP/1.1",
    ],
)
def test_development_server_logs_no_secret(line, caplog):
    handler = WSGIRequestHandler.__new__(WSGIRequestHandler)
    handler.requestline, handler.client_address, handler.request = line, ("", 0), None
    with caplog.at_level(logging.INFO, logger="django.server"):
        handler.log_message('"%s" %s %s', line, "200", "0")
    (record,) = caplog.records
    assert SECRET not in record.getMessage()
    assert "/webhooks/***" in record.getMessage()


def gunicorn(logger):
    """A dict with the parts of the line."""
    logger.info('%(h)s "%(r)s" %(s)s', {"h": "10.0.0.1", "r": f"POST {PATH} HTTP/1.1", "s": "200"})


def uvicorn(logger):
    """Five arguments, which its formatter takes apart."""
    logger.info('%s - "%s %s HTTP/%s" %d', "10.0.0.1:5", "POST", f"{PATH}?x", "1.1", 200)


def plain(logger):
    logger.info(f"POST {PATH}")


@pytest.mark.parametrize("name", LOGGERS)
@pytest.mark.parametrize("write", [gunicorn, uvicorn, plain])
def test_access_logs_of_servers_keep_their_form(name, write, caplog):
    with caplog.at_level(logging.INFO, logger=name):
        write(logging.getLogger(name))
    (record,) = caplog.records
    assert SECRET not in record.getMessage() + str(vars(record))
    assert "POST /avatar/webhooks/***" in record.getMessage()
    if write is uvicorn:
        assert len(record.args) == 5
        assert record.args[4] == 200


@pytest.mark.parametrize("text", ["/stripe/webhooks/stripe/", "/webhooks/", "webhooks", "%s 100%"])
def test_other_texts_stay(text, caplog):
    with caplog.at_level(logging.INFO, logger="django.request"):
        logging.getLogger("django.request").info(text)
    assert caplog.records[0].msg == text


@pytest.mark.parametrize("secret", [SECRET, "short", "ümläut-and-more-of-it", "a b%c"])
def test_hide_takes_it_out_of_all_forms(secret):
    request = RequestFactory().post(f"/avatar/webhooks/{secret}/")
    request.META |= {"RAW_URI": request.get_full_path(), "REQUEST_URI": f"/x/webhooks/{secret}/?q"}
    before = len(request.META)
    hide(request, secret)
    everything = f"{request!r} {request.get_full_path()} {request.build_absolute_uri()}"
    assert len(request.META) == before
    for form in (secret, secret.encode().decode("latin-1")):
        assert form not in everything + str(request.META)
    request.META["PATH_INFO"].encode("latin-1")  # as WSGI wants it


def test_records_that_come_through_a_queue(caplog):
    """Their arguments are in the message already; the filter is on the handler behind it."""
    caplog.handler.addFilter(behind := WebhookSecretFilter())
    waiting = SimpleQueue()
    record = logging.makeLogRecord({"msg": "POST %s", "args": (PATH,), "name": "site.access"})
    QueueHandler(waiting).handle(record)
    QueueListener(waiting, caplog.handler).handle(waiting.get())
    caplog.handler.removeFilter(behind)
    assert caplog.messages == ["POST /avatar/webhooks/***/"]


def test_filter_is_installed_once():
    install()
    for name in LOGGERS:
        filters = [type(one).__name__ for one in logging.getLogger(name).filters]
        assert filters.count("WebhookSecretFilter") == 1


def test_argument_of_the_view_is_not_shown():
    assert SECRET not in f"{[Secret(SECRET)]!r} { {'secret': Secret(SECRET)} }"
    assert Secret(SECRET) == SECRET
