"""What an answer to an upgrade or a training proves, and whose words an error is told in."""

from __future__ import annotations

import pytest

from bot.adapters.watson_proof import Proof, proof

JSON, HTML, TEXT = "application/json", "text/html; charset=utf-8", "text/plain"
BUSY = b'{"code":409,"error":"busy"}'


@pytest.mark.parametrize(
    ("status", "kind", "body", "proves"),
    [
        (200, JSON, b"{}", Proof.BEGUN),
        (200, JSON, b"", Proof.BEGUN),
        (200, "", b"", Proof.BEGUN),
        (200, JSON, b'{"warnings": []}', Proof.BEGUN),
        (200, "text/html", b"<html>Sign in</html>", Proof.LOOK),
        (200, "text/html", b"", Proof.LOOK),
        (200, JSON, b"<html>Sign in</html>", Proof.LOOK),
        (200, JSON, b'{"warn', Proof.LOOK),
        (200, TEXT, b"OK", Proof.LOOK),
        (201, JSON, b"{}", Proof.LOOK),
        (202, JSON, b"{}", Proof.LOOK),
        (204, "", b"", Proof.LOOK),
        (307, "", b"", Proof.LOOK),
        (400, JSON, b'{"code":400,"error":"anything the service says"}', Proof.REFUSED),
        (400, JSON, b'{"error":"without a code"}', Proof.REFUSED),
        (400, TEXT, b'{"code":400,"error":"whatever type it names"}', Proof.REFUSED),
        (400, HTML, b"<h1>Bad Request</h1>", Proof.LOOK),
        (400, JSON, b'{"code":400,"err', Proof.LOOK),
        (400, JSON, b"", Proof.LOOK),
        (400, JSON, b'{"code":500,"error":"of another status"}', Proof.LOOK),
        (400, JSON, b'["code"]', Proof.LOOK),
        (401, JSON, b'{"code":401,"error":"Unauthorized"}', Proof.REFUSED),
        (401, HTML, b"<html><h1>401 Authorization Required</h1></html>", Proof.LOOK),
        (403, JSON, b'{"code":403,"error":"Forbidden"}', Proof.REFUSED),
        (404, TEXT, b"404 Not Found: Requested route does not exist.", Proof.LOOK),
        (404, JSON, b'{"message":"no Route matched with those values"}', Proof.LOOK),
        (
            404,
            JSON,
            b'{"error":"No such child resource.","code":404,"code_description":"No Such Resource"}',
            Proof.REFUSED,
        ),
        (405, JSON, b'{"code":405,"error":"Method Not Allowed"}', Proof.LOOK),
        (408, HTML, b"<html></html>", Proof.LOOK),
        (409, JSON, BUSY, Proof.REFUSED),
        (409, HTML, BUSY, Proof.LOOK),
        (415, JSON, b'{"code":"415","error":"Unsupported Media Type"}', Proof.REFUSED),
        (422, JSON, b'{"code":422,"error":"?"}', Proof.LOOK),
        (429, JSON, b'{"code":429}', Proof.LOOK),
        (500, JSON, b'{"code":500,"error":"Internal Server Error"}', Proof.LOOK),
        (502, HTML, b"<html>502</html>", Proof.LOOK),
        (503, JSON, b'{"code":503}', Proof.LOOK),
        (504, HTML, b"", Proof.LOOK),
    ],
)
def test_what_an_answer_proves(status: int, kind: str, body: bytes, proves: Proof):
    """A 200 is a begin, a refusal is one in the service's own words, and everything else proves nothing."""
    assert proof(status, kind, body) is proves
