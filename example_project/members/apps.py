"""The app of the example's members: accounts, profile, own avatars."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    """Pages and commands; no models of its own."""

    name = "members"
