"""A real identity provider for tests, on 127.0.0.1: discovery, authorize, token, keys, userinfo. It can be told to cheat."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "inspect", "a secret of the client: %/+"


@dataclass
class LocalIssuer:
    """claims: of whoever logs in there. cheat: what it does wrong this time, by name."""

    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "preferred_username": "zhang"})
    cheat: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer._answer(self, None)

            def do_POST(self) -> None:
                issuer._answer(self, self.rfile.read(int(self.headers["content-length"])).decode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/realm"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def new_key(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)})

    def authorize(self, address: str) -> str:
        """What somebody's browser gets after logging in there: the address it is sent back to."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], **self.cheat.get("back", {})}
        return f"{asked['redirect_uri']}?{urlencode({k: v for k, v in back.items() if v is not None})}"

    def _answer(self, handler: BaseHTTPRequestHandler, body: str | None) -> None:
        path = urlsplit(handler.path).path.removeprefix("/realm")
        self.asked.append(path)
        status, found = 200, None
        if path in self.cheat.get("status", {}):
            status, found = self.cheat["status"][path], {"error": "server_error"}
        elif path == "/.well-known/openid-configuration":
            found = self._about()
        elif path == "/keys":
            found = self.cheat.get("keys") or {"keys": [self.key.as_dict(private=False)]}
        elif path == "/userinfo":
            found = self.tokens.get(handler.headers.get("authorization", "").removeprefix("Bearer "))
            found = {**found, **self.cheat.get("userinfo", {})} if found else None
        elif path == "/token" and body is not None:
            status, found = self._token(dict(parse_qsl(body)), handler.headers.get("authorization", ""))
        said = self.cheat.get("body", {}).get(path) or json.dumps(found).encode()
        handler.send_response(status if found is not None else 404)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)

    def _about(self) -> dict[str, Any]:
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys", "userinfo_endpoint": f"{self.url}/userinfo",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"], **self.cheat.get("about", {}),
        }  # fmt: skip

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Strict: the right client, the code once, the same way back, the verifier of the challenge."""
        user, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        asked = self.codes.pop(form.get("code", ""), None)
        proof = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (unquote(user), unquote(password)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if not asked or form.get("redirect_uri") != asked["redirect_uri"] or proof != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now, access = int(time.time()), secrets.token_urlsafe(16)
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.claims}
        claims = {k: v for k, v in {**claims, **self.cheat.get("claims", {})}.items() if v is not None}
        self.tokens[access] = {**self.claims, **self.cheat.get("more", {})}
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self._signed(claims),
        }

    def _signed(self, claims: dict[str, Any]) -> str:
        how = self.cheat.get("sign", "RS256")
        if how == "none":
            return _joined({"alg": "none"}, claims) + "."
        if how == "HS256":  # with the client's secret, or with the public key for a secret
            signed = _joined({"alg": "HS256", "kid": "one"}, claims)
            return (
                signed + "." + _b64(hmac.digest(self.cheat.get("secret", SECRET).encode(), signed.encode(), "sha256"))
            )
        if how == "another key":
            other = RSAKey.generate_key(2048, {"kid": self.key.kid})
            return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, other)
        if how == "ES256":
            return jwt.encode({"alg": "ES256"}, claims, ECKey.generate_key("P-256"))
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def _joined(*parts: dict[str, Any]) -> str:
    return ".".join(_b64(json.dumps(part).encode()) for part in parts)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
