"""The sandbox answers as the description of the service says it does."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from django_avaturn.sandbox import Sandbox, SandboxServer

TOKEN = "contract-token"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
REFUSES = [*CHECKS, negative_data_rejection]
schema = schemathesis.openapi.from_path(Path(__file__).with_name("openapi.yaml"))


@pytest.fixture(scope="module")
def server():
    with SandboxServer(Sandbox(tokens=[TOKEN])) as running:
        yield running


@pytest.fixture(scope="module")
def known(server):
    """A user and an avatar that exist, so that not every call ends with a 404."""
    user = server.sandbox.add_user()
    return {"user_id": user, "avatar_id": server.sandbox.add_avatar(user)}


@schema.parametrize()
@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_fits_the_description(case, server):
    case.call_and_validate(
        base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}, checks=REFUSES
    )


@schema.parametrize()
@settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_asks_for_the_token(case, server):
    answer = case.call(base_url=server.url, headers={"Authorization": "Bearer wrong"})

    case.validate_response(answer, checks=CHECKS)
    assert answer.status_code == 401


@schema.parametrize()
@settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_about_things_that_exist_fit_too(case, server, known):
    if case.method == "DELETE":
        known = {"user_id": server.sandbox.add_user()}
        known["avatar_id"] = server.sandbox.add_avatar(known["user_id"])
    names = {**known, "id": known["avatar_id"]}
    for place in (case.path_parameters, case.query):
        place.update({name: value for name, value in names.items() if name in place})
    if isinstance(case.body, dict) and "user_id" in case.body:
        case.body["user_id"] = known["user_id"]
    case.call_and_validate(
        base_url=server.url, headers={"Authorization": f"Bearer {TOKEN}"}, checks=CHECKS
    )
