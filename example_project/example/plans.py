"""Which Avaturn the example talks to, by the plan that one has there."""

from urllib.parse import urlsplit

ANY_PROJECT = "https://*.avaturn.dev"


def sandboxed(url: str, *, free: bool) -> dict[str, object]:
    """The app's settings for the sandbox at ``url``.

    On the free plan there is no API and so no token: all that the app knows is the address of the
    project's page, in which people sign in to Avaturn for themselves.
    """
    if free:
        return {"PROJECT_URL": f"{url}/iframe"}
    return {
        "API_TOKEN": "sandbox-token",
        "API_URL": url,
        "WEBHOOK_SECRETS": ["only-for-the-demo-and-the-sandbox"],
        "HOOKS": "members.hooks.PlazaHooks",
    }


def editor_origin(project_url: str) -> str:
    """Where the real editor's frame comes from: the project's own host, if that is known."""
    parts = urlsplit(project_url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ANY_PROJECT
