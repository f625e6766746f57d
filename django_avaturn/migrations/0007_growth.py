from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes only: what a large site would otherwise read as a whole."""

    dependencies = [("django_avaturn", "0006_admin_permissions")]

    operations = [
        migrations.AddIndex(
            model_name="avaturnprofile",
            index=models.Index(fields=["synced_at", "id"], name="avaturn_longest_unsynced"),
        ),
        migrations.AddIndex(
            model_name="avatar",
            index=models.Index(fields=["avaturn_id"], name="avaturn_remote_owner"),
        ),
        migrations.AddIndex(
            model_name="remotedeletion",
            index=models.Index(fields=["avaturn_id"], name="avaturn_deletion_owner"),
        ),
        migrations.AddIndex(
            model_name="remotedeletion",
            index=models.Index(fields=["done_at"], name="avaturn_deletion_done"),
        ),
    ]
