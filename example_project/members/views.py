"""The pages of the example. Whoever is not logged in sees only the first three."""

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from django_avaturn.models import Avatar


def home(request: HttpRequest) -> HttpResponse:
    """Say what the site is for; members go straight to their profile."""
    if request.user.is_authenticated:
        return redirect("members:profile")
    return render(request, "members/home.html")


def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account and log in with it."""
    if request.user.is_authenticated:
        return redirect("members:profile")
    form: UserCreationForm[User] = UserCreationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.save())
        messages.success(request, "Welcome! Make your first avatar below.")
        return redirect("members:profile")
    return render(request, "members/sign_up.html", {"form": form})


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show the active avatar and the editor."""
    own = own_avatars(request)
    active = next((avatar for avatar in own if avatar.active), None)
    return render(request, "members/profile.html", {"active": active, "count": len(own)})


@login_required
def avatars(request: HttpRequest) -> HttpResponse:
    """Show the gallery of the member's avatars."""
    return render(request, "members/avatars.html")


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show what the site knows about the member."""
    return render(request, "members/account.html", {"count": own_avatars(request).count()})


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
    """Only these may be seen or touched; another's avatar is a 404."""
    if not request.user.is_authenticated:
        return Avatar.objects.none()
    return (
        Avatar.objects.filter(profile__user=request.user)
        .select_related("profile")
        .prefetch_related("files")
    )
