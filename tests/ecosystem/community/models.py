"""Users who log in with their address and have uuid keys, and a page that each may have."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.blocks import CharBlock, StructBlock
from wagtail.fields import StreamField
from wagtail.models import Page


class Users(UserManager["User"]):
    """Makes users without a name to log in with."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A member."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """One of the staff who may do anything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """Known by an address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = None
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = Users()


class AvatarsBlock(StructBlock):
    """The reader's own avatars, wherever an editor puts them."""

    heading = CharBlock()

    class Meta:
        template = "community/blocks/avatars.html"


class MemberPage(Page):
    """About the member who owns it."""

    body = StreamField([("avatars", AvatarsBlock())], blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
