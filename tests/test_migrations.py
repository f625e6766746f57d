"""What a site has already is carried over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from tests.databases import AVAILABLE, CurrentDatabase

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", *AVAILABLE])
APP = "django_avaturn"


@pytest.fixture
def migrate(any_database: str) -> Iterator[Callable[[str], Any]]:
    """Take the database to a migration; the newest one comes back afterwards."""

    def to(name: str) -> Any:
        executor = MigrationExecutor(connections[CurrentDatabase.alias])
        executor.migrate([(APP, name)])
        return MigrationExecutor(executor.connection).loader.project_state([(APP, name)]).apps

    yield to
    executor = MigrationExecutor(connections[CurrentDatabase.alias])
    executor.migrate(executor.loader.graph.leaf_nodes(APP))


def test_avatars_are_told_who_owns_them_at_avaturn(migrate: Callable[[str], Any]) -> None:
    old = migrate("0002_files")
    ids = {}
    for name, remote in (("ann", "A" * 32), ("bob", "B" * 32), ("cleo", None)):
        user = old.get_model("auth", "User").objects.create(username=name)
        Profile = old.get_model(APP, "AvaturnProfile")
        profile = Profile.objects.create(user=user, avaturn_id=remote)
        avatar = old.get_model(APP, "Avatar").objects.create(id=uuid4(), profile=profile)
        ids[avatar.pk] = remote or ""
    new = migrate("0004_owners_of_avatars")
    avatars = new.get_model(APP, "Avatar").objects.all()
    assert {avatar.pk: avatar.avaturn_id for avatar in avatars} == ids
    assert all(avatar.customized for avatar in avatars)
