"""Whatever comes over a connection, however wild, is no error of ours."""

from __future__ import annotations

import socket

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bot.abuse.support import everything, raw, told
from tests.bot.serving import Running, Talk

# "~" stands for a conversation whose token is sent.
DOORS = st.sampled_from([
    "GET /", "POST /api/v1/conversations", "POST ~/messages", "GET ~/messages", "POST ~/feedback", "POST ~/typing",
    "GET ~/events", "POST /api/v1/conversations/x/messages", "GET /api/v1/procedures", "GET /api/v1/dossiers/H49-1",
    "POST /api/v1/partner/events", "POST /channels/zalo/webhook", "GET /chat", "POST /chat", "GET /forms",
    "POST /forms", "GET /console/login", "POST /console/login", "GET /console/", "POST /signature",
    "GET /widget/isee-chat.js", "GET /metrics", "GET /healthz/ready", "POST /actions", "POST /dossier",
    "DELETE /", "HEAD /", "OPTIONS /api/v1/conversations", "TRACE /", "X /", "PUT ~/messages", "GET *", "GET //x",
])


NAMES = st.sampled_from([
    "Origin", "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-ID", "Authorization", "Cookie", "Content-Type",
    "Range", "Last-Event-ID", "Accept", "Accept-Encoding", "If-None-Match", "Sec-Fetch-Site", "Content-Encoding",
])


# Headers about the connection itself and the extent of a request: often wrong together, so they come apart from others.
FRAMING = st.sampled_from([
    "Content-Length: {length}", "Content-Length: {length}", "Content-Length: {length}", "Content-Length: 7",
    "Content-Length: -1", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked", "Expect: 100-continue",
    "Transfer-Encoding: x", "Upgrade: websocket\r\nConnection: upgrade", "Connection: close", "Host: b", "X-Nothing: x",
])


VALUES = st.one_of(
    st.sampled_from([
        "", "null", "0", "-1", "bytes=0-", "bytes=9-1", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x", "application/json", "application/x-www-form-urlencoded", "Bearer",
        "Bearer x", "*", "http://[", "::1", "gzip, deflate", "isee_staff=x", "Basic ÿ", "same-origin",
    ]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60),
)


ENDINGS = st.one_of(st.just(b""), st.binary(max_size=200), st.sampled_from([
    b"{}", b'{"text":"a"}', b"0\r\n\r\n", b"5\r\nabc", b"ffffffffffffffff\r\n", b"--\r\n\r\n--", b"[" * 2_000,
]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    door=DOORS, query=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=4), framing=FRAMING, body=ENDINGS,
)
def test_no_request_however_wild_is_an_error_of_ours(
    talk: Talk, door: str, query: str, headers: list[tuple[str, str]], framing: str, body: bytes
) -> None:
    lines = [f"{door.replace('~', talk.path)}?{query} HTTP/1.1", "Host: a"]
    lines += [f"{name}: {value}" for name, value in headers] + [framing.format(length=len(body))]
    if "~" in door:
        lines.append(f"Authorization: Bearer {talk.token}")
    extent = "Length" in framing or "Transfer" in framing
    request = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body if extent else b"")
    with raw(talk.running, "127.0.0.30") as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        line.settimeout(20)
        first = line.recv(65_536)
    if first:
        status = int(first.split()[1])
        assert status < 500 or status == 501, first


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(min_size=1, max_size=400))
def test_noise_is_no_error_of_ours(running: Running, noise: bytes) -> None:
    with raw(running, "127.0.0.31") as line:
        line.sendall(noise + b"\r\n\r\n")
        line.shutdown(socket.SHUT_WR)
        heard = everything(line)
    assert not heard or told(heard)[0] in (400, 404, 405)
