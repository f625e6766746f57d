"""Ann's gallery, in a browser with and without JavaScript."""

from __future__ import annotations

import pytest


@pytest.fixture
def gallery(visitor, live_server, ann):
    """Open the page, and count what must not happen: navigations."""

    def open_gallery(query="", address="/avatar/"):
        visitor.goto(f"{live_server.url}{address}{query}")
        visitor.evaluate("customElements.whenDefined('avaturn-gallery').then(() => true)")
        visitor.evaluate(
            """() => {
              window.heard = [];
              addEventListener("avaturn:changed", ({ detail }) => heard.push(detail));
            }"""
        )
        visitor.on("framenavigated", lambda frame: visitor.navigations.append(frame.url))
        return visitor

    visitor.navigations = []
    return open_gallery


@pytest.fixture
def quiet(visitor):
    """A page whose console must not complain of anything but that the site has no icon."""
    complaints = []

    def listen(line):
        if line.type == "error" and not line.location["url"].endswith("/favicon.ico"):
            complaints.append(line.text)

    visitor.on("pageerror", lambda error: complaints.append(str(error)))
    visitor.on("console", listen)
    yield visitor
    assert complaints == []


@pytest.fixture
def plain_page(browser, live_server, sandbox, client, ann):
    """A browser without JavaScript, in which Ann is logged in."""
    client.force_login(ann)
    context = browser.new_context(java_script_enabled=False)
    value = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/avatar/")
    yield page
    context.close()
