"""Tests of this site: with Django's test client, and with Avaturn as django_avaturn.testing has it.

Run them with ``manage.py test``, or with pytest.
"""
