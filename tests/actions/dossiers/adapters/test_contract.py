"""`docs/openapi/onestop.yml` is true: our client sends only what it allows, and the simulator obeys it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from actions.dossiers.adapters.contract import StatusEvent
from bot.simulator.app import BASE
from common.signatures import Signer
from tests.actions.dossiers.adapters.rig import SECRET, Near, Rig

FILE = Path(__file__).parents[4] / "docs" / "openapi" / "onestop.yml"
SPEC: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
SIGNER = Signer("isee", SECRET.encode())


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """The schema with the components that it refers to."""
    return {**part, "components": SPEC["components"]}


def operation(method: str, path: str) -> dict[str, Any]:
    for template, methods in SPEC["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path) and method.lower() in methods:
            found: dict[str, Any] = methods[method.lower()]
            return found
    raise AssertionError(f"{method} {path} is not in the contract")


def test_the_document_is_openapi_3_1() -> None:
    schemathesis.openapi.from_dict(SPEC)
    assert SPEC["openapi"].startswith("3.1")
    for schema in SPEC["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_our_client_sends_only_what_the_contract_allows(rig: Rig, sim: Near) -> None:
    code = rig.submits(file=b"%PDF-1.4 a paper")
    rig.works()
    for state in ("DA_TIEP_NHAN", "YEU_CAU_BO_SUNG"):
        rig.hears(sim.move(code, state, "ghi chú"))
    rig.advance(code, "supplemented")
    rig.works()
    rig.outside.reconcile()
    other = rig.submits()
    rig.works()
    rig.advance(other, "withdrawn")
    rig.works()
    seen = [
        (request.method, request.url.path.removeprefix(BASE), request, status, text)
        for request, status, text in sim.seen]
    used = set()
    for method, path, request, status, text in seen:
        found = operation(method, path)
        used.add(found["operationId"])
        answer = found["responses"][str(status)]
        assert answer
        if "requestBody" in found:
            body = found["requestBody"]["content"]["application/json"]["schema"]
            jsonschema.validate(json.loads(request.content), resolved(body))
            assert re.fullmatch(r"[A-Za-z0-9:._-]{1,128}", request.headers["Idempotency-Key"])
        else:
            assert not request.content
        assert SIGNER.accepts(
            request.headers, method, request.url.raw_path.decode(), request.content,
            request.headers.get("Idempotency-Key", ""))
        jsonschema.validate(json.loads(text), resolved({"$ref": "#/components/schemas/Dossier"})
                            if "dossiers" not in json.loads(text) else {})
    assert used >= {"submitDossier", "getDossier", "supplementDossier", "withdrawDossier"}


def test_our_reading_of_callbacks_is_that_of_the_contract(rig: Rig, sim: Near) -> None:
    code = rig.submits()
    rig.works()
    event = sim.move(code, "DA_TIEP_NHAN")
    schema = resolved({"$ref": "#/components/schemas/StatusEvent"})
    jsonschema.validate(event, schema)
    StatusEvent.model_validate(event)
    for name in ("event_id", "code", "reference", "sequence", "state", "at"):
        short = {key: value for key, value in event.items() if key != name}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(short, schema)
        with pytest.raises(ValueError):
            StatusEvent.model_validate(short)


SCHEMA = schemathesis.openapi.from_dict(SPEC)


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Near]:
    made = Near(tmp_path_factory.mktemp("contract"))
    yield made
    made.close()


@SCHEMA.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_simulator_obeys_the_contract(near: Near, case: Any) -> None:
    """Whatever is sent, validly signed: only documented statuses, media types and shapes come back."""
    wanted = case.as_transport_kwargs(base_url=f"http://onestop.test{BASE}")
    sent = requests.Request(**{key: wanted.get(key) for key in (
        "method", "url", "headers", "params", "json", "data", "files") if wanted.get(key)}).prepare()
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    headers = {name: str(value) for name, value in sent.headers.items() if name.lower() != "content-length"}
    headers |= SIGNER.headers(sent.method, sent.path_url, body, headers.get("Idempotency-Key", ""))
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = near.http.request(sent.method, sent.path_url, content=body, headers=raw)
    case.validate_response(answer, checks=CHECKS)


def test_an_unsigned_request_is_refused_as_documented(near: Near) -> None:
    answer = near.http.get(f"{BASE}/dossiers/MC-1")
    assert answer.status_code == 401
    jsonschema.validate(answer.json(), resolved({"$ref": "#/components/schemas/Problem"}))


def test_a_key_means_one_body(near: Near) -> None:
    body = {
        "reference": "H49-1", "procedure_code": "1.001193", "title": "t", "form": "f",
        "submitted_at": "2026-11-22T01:00:00Z", "fields": [], "files": []}

    def submit(content: bytes, key: str) -> Any:
        headers = {"Idempotency-Key": key, **SIGNER.headers("POST", f"{BASE}/dossiers", content, key)}
        return near.http.post(f"{BASE}/dossiers", content=content, headers=headers)

    first = json.dumps(body).encode()
    answers = [submit(first, "k1"), submit(first, "k1"), submit(first + b" ", "k1"), submit(first, "")]
    assert [answer.status_code for answer in answers] == [201, 200, 409, 400]
    assert answers[0].json()["code"] == answers[1].json()["code"]
    file = {"id": "f", "name": "a.pdf", "type": "application/pdf", "size": 3, "sha256": "0" * 64, "content": "YWJj"}
    assert submit(json.dumps({**body, "files": [file]}).encode(), "k2").status_code == 422
