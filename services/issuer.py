"""Speaks OpenID Connect with the one identity provider that a setting names: code flow with PKCE, signed answers only."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from domain.errors import Busy, NotSignedIn
from domain.identities import Identity, Provider

# Signed by a key that the issuer alone holds. "none", and a signature made with our own secret, prove nothing.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
TIMEOUT_S = 5
KEPT_S = 600  # what the issuer says about itself; a key that is not known is asked for at once
CLOCKS_APART_S = 120
SUBJECT_AT_MOST = 255
CALM = {"timeout": TIMEOUT_S, "allow_redirects": False}
log = structlog.get_logger("oidc")


class Issuer:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._lock = threading.Lock()
        self._about: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to log in there. Raises Busy("oidc_away")."""
        endpoint = self._endpoint("authorization_endpoint")
        with self._session(redirect_uri) as session:
            url, _ = session.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
        return str(url)

    def identify(self, code: str, *, redirect_uri: str, nonce: str, verifier: str) -> Identity:
        """Who it is that came back with this code. Raises Busy("oidc_away"), NotSignedIn("oidc_wrong")."""
        try:
            with self._session(redirect_uri) as session:
                token = session.fetch_token(
                    self._endpoint("token_endpoint"), code=code, code_verifier=verifier,
                    grant_type="authorization_code", **CALM,
                )  # fmt: skip
                claims = self._checked(token, nonce)
                subject = claims["sub"]
                if not isinstance(subject, str) or len(subject) > SUBJECT_AT_MOST:
                    raise ValueError("no subject")
                name = claims.get(self._provider.claim)
                if name is None and self._described().get("userinfo_endpoint"):
                    more = session.get(self._endpoint("userinfo_endpoint"), **CALM)
                    told = more.json() if more.status_code == 200 else {}
                    # Another person's claims would be theirs, whoever mixed them up.
                    name = told.get(self._provider.claim) if told.get("sub") == claims["sub"] else None
        except requests.RequestException as error:
            log.warning("oidc_away", why=type(error).__name__)
            raise Busy("oidc_away") from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            # Everything that came from outside was odd in one way or another; why is for the log alone.
            log.warning("oidc_wrong", why=type(error).__name__, said=str(error)[:200])
            raise NotSignedIn("oidc_wrong") from error
        return Identity(subject, name.strip() if isinstance(name, str) and name.strip() else None)

    def _checked(self, token: dict[str, Any], nonce: str) -> CodeIDToken:
        """The claims of an ID token that this issuer signed for us, for this very login, a moment ago."""
        known = self._described().get("id_token_signing_alg_values_supported") or ["RS256"]
        may = [name for name in SIGNATURES if name in known]
        try:
            read = jwt.decode(token["id_token"], self._key_set(), algorithms=may)
        except InvalidKeyIdError:  # the issuer took a new key
            read = jwt.decode(token["id_token"], self._key_set(fresh=True), algorithms=may)
        wanted = {
            "iss": {"essential": True, "value": self._provider.issuer},
            "aud": {"essential": True, "values": [self._provider.client_id]},
            "nonce": {"essential": True, "value": nonce},
            "sub": {"essential": True},
        }
        given = {"nonce": nonce, "client_id": self._provider.client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(read.claims, read.header, wanted, given)
        claims.validate(leeway=CLOCKS_APART_S)
        return claims

    def _session(self, redirect_uri: str) -> OAuth2Session:
        wanted = "openid profile" + (" phone" if self._provider.claim.startswith("phone") else "")
        methods = self._described().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        secret = self._provider.client_secret
        method = next((m for m in ("client_secret_basic", "client_secret_post") if m in methods), "client_secret_basic")
        return OAuth2Session(
            self._provider.client_id, secret or None, scope=wanted, redirect_uri=redirect_uri,
            token_endpoint_auth_method=method if secret else "none", code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
        )  # fmt: skip

    def _described(self) -> dict[str, Any]:
        """What the issuer says about itself. Raises Busy("oidc_away")."""
        with self._lock:
            if self._about and time.monotonic() - self._about[0] < KEPT_S:
                return self._about[1]
        about = _asked(f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if about.get("issuer") != self._provider.issuer:
            log.warning("oidc_foreign_issuer")
            raise Busy("oidc_away")
        with self._lock:
            self._about = (time.monotonic(), about)
        return about

    def _endpoint(self, name: str) -> str:
        """An address of the issuer's; plain http only where the setting itself has it."""
        found = urlsplit(str(self._described().get(name, "")))
        if found.scheme not in ("https", urlsplit(self._provider.issuer).scheme) or not found.netloc:
            log.warning("oidc_no_endpoint", endpoint=name)
            with self._lock:
                self._about = None  # what is wrong is not kept
            raise Busy("oidc_away")
        return found.geturl()

    def _key_set(self, *, fresh: bool = False) -> KeySet:
        with self._lock:
            if self._keys and not fresh and time.monotonic() - self._keys[0] < KEPT_S:
                return self._keys[1]
        keys = KeySet.import_key_set(_asked(self._endpoint("jwks_uri")))  # type: ignore[arg-type]
        with self._lock:
            self._keys = (time.monotonic(), keys)
        return keys


def _asked(url: str) -> dict[str, Any]:
    """A JSON object of the issuer's. Raises Busy("oidc_away")."""
    try:
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False, headers={"Accept": "application/json"})
        found = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as error:
        log.warning("oidc_away", why=type(error).__name__)
        raise Busy("oidc_away") from error
    if not isinstance(found, dict):
        log.warning("oidc_away", status=answer.status_code)
        raise Busy("oidc_away")
    return found
