"""The app's place in Django's registry."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    """Has its name from the end of the path."""

    name = "tests.ecosystem.community"
    label = "community"
