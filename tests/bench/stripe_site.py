"""dj-stripe, the app of this shape that sites use most, as a rival. It never calls Stripe here."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
from importlib.util import find_spec
from itertools import cycle
from uuid import uuid4

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model

from .load import Turn

SECRET = "whsec_bench"
KEY = settings.STRIPE_TEST_SECRET_KEY
ACCOUNT = "acct_bench"
PER_PAGE = admin.ModelAdmin.list_per_page
"""Of its lists."""

CUSTOMER = {
    "object": "customer",
    "address": {
        "city": "Berlin",
        "country": "DE",
        "line1": "Torstrasse 1",
        "line2": None,
        "postal_code": "10119",
        "state": None,
    },
    "balance": 0,
    "created": 1680893993,
    "currency": "eur",
    "default_source": None,
    "delinquent": False,
    "description": "A customer of the bench",
    "discount": None,
    "email": "customer@site.example",
    "invoice_prefix": "0759376C",
    "invoice_settings": {
        "custom_fields": None,
        "default_payment_method": None,
        "footer": None,
        "rendering_options": None,
    },
    "livemode": False,
    "metadata": {},
    "name": "Ann Example",
    "next_invoice_sequence": 1,
    "phone": None,
    "preferred_locales": [],
    "shipping": None,
    "tax_exempt": "none",
    "test_clock": None,
}
"""What Stripe says of one, which dj-stripe keeps."""


def installed(part: str) -> bool:
    """Whether there is anything to measure; says so where there is not."""
    found = find_spec("djstripe") is not None
    if not found:
        missing = "dj-stripe is not installed (it is in the dependency group bench): left out."
        print(f"{part}: {missing}", file=sys.stderr)
    return found


def endpoint() -> str:
    """Make what a request needs, and return the path of the webhook."""
    from djstripe.models import Account, APIKey, WebhookEndpoint

    account, _ = Account.objects.get_or_create(id=ACCOUNT)
    # It would ask Stripe whose key it is.
    APIKey.objects.get_or_create(
        secret=KEY,
        defaults={"type": "secret", "livemode": False, "djstripe_owner_account": account},
    )
    row = WebhookEndpoint.objects.create(
        id=f"we_{uuid4().hex}",
        livemode=False,
        secret=SECRET,
        enabled_events=["*"],
        status="enabled",
        url="https://site.example/",
        djstripe_owner_account=account,
    )
    return f"/djstripe/webhook/{row.djstripe_uuid}/"


def delivery(event_id: str = "") -> Turn:
    """A signed event that dj-stripe keeps, and then has nothing to do about.

    That of an invoice yet to come has no id, so that there is nothing to ask Stripe for.
    """
    body = json.dumps(
        {
            "id": event_id or f"evt_{uuid4().hex}",
            "object": "event",
            "api_version": "2024-06-20",
            "created": int(time.time()),
            "data": {"object": {"object": "invoice", "amount_due": 500, "customer": None}},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": "invoice.upcoming",
        }
    )
    now = int(time.time())
    signature = hmac.new(SECRET.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Stripe-Signature": f"t={now},v1={signature}",
    }
    return Turn(headers=headers, body=body.encode())


def rows() -> int:
    """What is kept of events: a row for each, and one for each time it came."""
    from djstripe.models import Event, WebhookEventTrigger

    return Event.objects.count() + WebhookEventTrigger.objects.count()


def customers() -> admin.AdminSite:
    """Its list of customers in an admin that has no other."""
    from djstripe.admin.admin import CustomerAdmin
    from djstripe.models import Customer

    site = admin.AdminSite("customers")
    site.register(Customer, CustomerAdmin)
    return site


def fill(count: int) -> None:
    """So many customers, of all the users there are."""
    from djstripe.models import Customer

    users = cycle(get_user_model().objects.values_list("pk", flat=True))
    Customer.objects.bulk_create(
        (
            Customer(
                id=f"cus_{uuid4().hex}",
                subscriber_id=next(users),
                livemode=False,
                stripe_data=CUSTOMER,
            )
            for _ in range(count - Customer.objects.count())
        ),
        batch_size=5_000,
    )
