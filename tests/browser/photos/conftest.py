"""The page with the form."""

from __future__ import annotations

import pytest


@pytest.fixture
def form(visitor, live_server, sandbox):
    """Open the page with the form; what it dispatches is in ``heard``."""
    sandbox.processing_seconds = 0
    visitor.add_init_script(
        """
        window.heard = [];
        for (const name of ["photos-ready", "error", "saved"])
          addEventListener(`avaturn:${name}`, ({ detail }) => heard.push([name, detail.code]));
        """
    )

    def open_form(query=""):
        visitor.goto(f"{live_server.url}/photos/{query}")
        visitor.evaluate("customElements.whenDefined('avaturn-photos').then(() => true)")
        return visitor

    return open_form


@pytest.fixture
def quiet(visitor, quiet_page):
    """Its console must not complain of anything, so a strict policy is kept."""
    return visitor
