"""The pages of the example. Whoever is not logged in sees only the first three."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from django_avaturn.conf import settings as app
from django_avaturn.decorators import allow_popups
from django_avaturn.guests import owner_of
from django_avaturn.models import Avatar

View = Callable[[HttpRequest], HttpResponse]


def needs_api(view: View) -> View:
    """Say so on Avaturn's plan without API, instead of showing what cannot work there."""

    @wraps(view)
    def page(request: HttpRequest) -> HttpResponse:
        if app.free_plan:
            return render(request, "members/needs_api.html")
        return view(request)

    return page


def home(request: HttpRequest) -> HttpResponse:
    """Say what the site is for; members go straight to their profile."""
    if request.user.is_authenticated:
        return redirect("members:profile")
    return render(request, "members/home.html")


def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account and log in with it, which makes a visitor's avatars the new member's."""
    if request.user.is_authenticated:
        return redirect("members:profile")
    form: UserCreationForm[User] = UserCreationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.save())
        kept = own_avatars(request).exists()
        next_step = "Your avatar is yours now." if kept else "Make your first avatar below."
        messages.success(request, f"Welcome! {next_step}")
        return redirect("members:profile")
    return render(request, "members/sign_up.html", {"form": form})


@allow_popups  # in which people sign in to Avaturn, on the plan without API
def try_out(request: HttpRequest) -> HttpResponse:
    """Let a visitor make an avatar; nothing about it is special but the missing login_required."""
    if request.user.is_authenticated:
        return redirect("members:profile")
    if not app.ALLOW_GUESTS:
        return redirect("members:sign_up")
    return render(request, "members/try.html", avatars_of(request))


@login_required
@allow_popups
def profile(request: HttpRequest) -> HttpResponse:
    """Show the active avatar and the editor."""
    return render(request, "members/profile.html", avatars_of(request))


@login_required
@allow_popups
def avatars(request: HttpRequest) -> HttpResponse:
    """Show the gallery of the member's avatars."""
    return render(request, "members/avatars.html")


@login_required
@needs_api
def studio(request: HttpRequest) -> HttpResponse:
    """Show the bare editor with this site's own controls; ``?avatar=`` names what to change."""
    return render(request, "members/studio.html", {"avatar": named_avatar(request)})


@login_required
@needs_api
def photos(request: HttpRequest) -> HttpResponse:
    """Make an avatar from three photos."""
    return render(request, "members/photos.html")


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show what the site knows about the member, and the ways to start over or to leave."""
    shown = {"count": own_avatars(request).count(), "keeps_former": app.KEEP_FORMER}
    return render(request, "members/account.html", shown)


@login_required
def delete_account(request: HttpRequest) -> HttpResponse:
    """Ask, then delete the member. The app deletes the avatars at Avaturn."""
    if request.method != "POST":
        return render(request, "members/account_delete.html")
    user = request.user
    logout(request)
    user.delete()
    messages.success(request, "Your account and your avatars are deleted.")
    return redirect("members:home")


def own_avatars(request: HttpRequest) -> QuerySet[Avatar]:
    """The member's or visitor's own; only these may be seen or touched."""
    own = Avatar.objects.of(owner_of(request))
    return own.select_related("profile").prefetch_related("files")


def avatars_of(request: HttpRequest) -> dict[str, object]:
    """What a page beside the editor tells."""
    own = own_avatars(request)
    return {"active": next((one for one in own if one.active), None), "count": len(own)}


def named_avatar(request: HttpRequest) -> Avatar | None:
    """The own avatar that the address names, if it names one; another's is a 404."""
    if "avatar" not in request.GET:
        return None
    try:
        return own_avatars(request).get(pk=request.GET["avatar"])
    except (Avatar.DoesNotExist, ValidationError):
        raise Http404("No such avatar.") from None
