"""Three pages with the editor in them, and the files that they load. See ``page.py``."""

from __future__ import annotations

import mimetypes
import re
import secrets
import time
import uuid
from functools import cache
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import requests
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, Engine, RequestContext, Template
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from PIL import Image

from .rivals import open_link

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">{% load avaturn static %}
<title>Avatar</title><link rel="stylesheet" href="{% static "bench/site.css" %}"></head><body>
<h1>Make your avatar</h1><p>It is shown beside what you write.</p>
EDITOR
</body></html>"""

OURS = PAGE.replace("EDITOR", "{% avaturn_editor %}")
EARLY = PAGE.replace("EDITOR", "{% avaturn_editor nonce=nonce %}")
DIALOG = PAGE.replace("EDITOR", "{% avaturn_editor dialog=True %}")
GALLERY = PAGE.replace("EDITOR", "{% avaturn_gallery %}")
NAIVE = PAGE.replace(
    "EDITOR",
    '<div id="editor" style="height: 40rem" data-url="{{ url }}"></div>'
    '<script type="module" src="{% static "bench/naive.js" %}"></script>',
)
INLINE = """<script>
const answer = fetch("/page/ideal/session/", { method: "POST" });
answer.then((found) => found.json()).then(({ url }) => {
  const frame = document.createElement("iframe");
  frame.className = "avaturn-frame";
  frame.src = url;
  document.querySelector(".avaturn-stage").append(frame);
});
</script>"""
FOR_EVER = "public, max-age=31536000, immutable"


@login_required
def ours(request: HttpRequest) -> HttpResponse:
    """The tag."""
    return HttpResponse(_template(OURS).render(RequestContext(request)))


@login_required
def dialog(request: HttpRequest) -> HttpResponse:
    """The tag, behind a button."""
    return HttpResponse(_template(DIALOG).render(RequestContext(request)))


@login_required
def early(request: HttpRequest) -> HttpResponse:
    """The tag on a page whose policy has a nonce."""
    nonce = secrets.token_urlsafe(16)
    page = _template(EARLY).render(RequestContext(request, {"nonce": nonce}))
    policy = f"script-src 'self' 'nonce-{nonce}'"
    return HttpResponse(page, headers={"Content-Security-Policy": policy})


@login_required
def naive(request: HttpRequest) -> HttpResponse:
    """The link is fetched before the page is written."""
    url = open_link(request.user, "create_or_edit_existing", requests.post)["url"]
    return HttpResponse(_template(NAIVE).render(Context({"url": url})))


def ideal(request: HttpRequest) -> HttpResponse:
    """What the tag has written once, with a script in its head, for everybody."""
    return HttpResponse(_ideal())


@csrf_exempt
def ideal_session(request: HttpRequest) -> JsonResponse:
    """Takes as long as Avaturn's API and does nothing."""
    time.sleep(settings.THINKING)
    return JsonResponse({"url": f"{settings.EDITOR}/s/{uuid.uuid4()}"}, status=201)


@login_required
def gallery(request: HttpRequest, name: str) -> HttpResponse:
    """All avatars on one page; ``plain`` has the same cards, and neither scripts nor elements."""
    with patch("django_avaturn.gallery.PER_PAGE", 1000):
        page = _template(GALLERY).render(RequestContext(request))
    if name == "plain":
        page = re.sub("<script.*?</script>", "", page).replace("<avaturn-", "<plain-")
        page = page.replace("</avaturn-", "</plain-")
    return HttpResponse(page)


def picture(request: HttpRequest, path: str) -> HttpResponse:
    """A portrait, in one of two sizes."""
    return HttpResponse(_picture(128 if "small" in path else 512), content_type="image/webp")


@gzip_page
def static_file(request: HttpRequest, path: str) -> HttpResponse:
    """As a web server sends it that knows that names change with the content."""
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return HttpResponse(_content(path), content_type=kind, headers={"Cache-Control": FOR_EVER})


@cache
def _template(source: str) -> Template:
    return Engine.get_default().from_string(source)


@cache
def _ideal() -> str:
    """The element has another name, so that our script loads and lets it be."""
    page = _template(OURS).render(RequestContext(HttpRequest()))
    page = page.replace("<avaturn-editor", "<avaturn-ideal")
    page = page.replace("</avaturn-editor", "</avaturn-ideal")
    return page.replace("<head>", f"<head>{INLINE}")


@cache
def _picture(size: int) -> bytes:
    out = BytesIO()
    Image.radial_gradient("L").resize((size, size)).convert("RGB").save(out, "WEBP")
    return out.getvalue()


@cache
def _content(path: str) -> bytes:
    return Path(settings.STATIC_ROOT, path).read_bytes()
