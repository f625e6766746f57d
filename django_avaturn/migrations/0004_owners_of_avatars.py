from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.db.models import Value


def tell_owners(apps: Any, schema_editor: Any) -> None:
    """Until now every avatar belonged to the remote user of its profile."""
    Avatar = apps.get_model("django_avaturn", "Avatar")
    Profile = apps.get_model("django_avaturn", "AvaturnProfile")
    owner = Profile.objects.filter(pk=OuterRef("profile")).values("avaturn_id")
    rows = Avatar.objects.using(schema_editor.connection.alias).filter(avaturn_id="")
    rows.update(avaturn_id=Coalesce(Subquery(owner), Value("")))


class Migration(migrations.Migration):
    """Apart from the columns: PostgreSQL alters no table that has changes pending."""

    dependencies = [
        ("django_avaturn", "0003_ways_in"),
    ]

    operations = [
        migrations.RunPython(tell_owners, migrations.RunPython.noop),
    ]
