"""The site's users, and the app's admin in the theme as the page prints it."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from tests.ecosystem.community.models import User
from tests.ecosystem.pages import run


@admin.register(User)
class UserAdmin(ModelAdmin):
    """To look for them and delete them."""

    list_display = ("email", "id")
    search_fields = ("email",)
    fields = ("email", "first_name", "last_name", "is_active")


run("admin.py", globals())
