"""How fast the app is, as ratios to rivals that run in the same site and in the same rounds.

``python -m tests.bench sessions webhooks weight``, or ``tox -e bench``. It needs PostgreSQL (see
``tests/databases.py``) and the dependency group ``bench``; it is no part of the tests.
"""
