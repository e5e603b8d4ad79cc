"""Reads the settings once and joins the parts. The one file where parts meet."""

from __future__ import annotations

import os
import re
import secrets
import socket
import tempfile
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from demo import load
from services import Services, logs
from services.account import AccountService
from services.assets import AssetsService
from services.backups import Backups
from services.bundles import read_bundles
from services.calendar import CalendarService
from services.catalogues import Catalogues
from services.coverage import CoverageService
from services.divisions import Divisions
from services.drawing import Drawing
from services.evidence import Evidence
from services.exchange import Exchange
from services.first_steps import FirstStepsService
from services.guard import LivePermissions, Sessions
from services.history import HistoryService
from services.identities import Identities, Provider
from services.intake import Intake
from services.layer_imports import LayerImports
from services.nearby import Nearby
from services.operations import OperationsService
from services.own import OwnRecords
from services.passwords import Passwords
from services.people import People
from services.people_sheets import PeopleSheets
from services.places import Places
from services.policy import LivePolicy
from services.proposals import ZoneProposals
from services.queue import Queue
from services.records import RecordsService
from services.reminders import RemindersService
from services.reports import ReportsService
from services.set_asides import SetAsides
from services.sweep import Sweep
from services.timetable import TimetableService
from services.tokens import Tokens
from services.topology import Topology
from services.tracks import Tracks
from services.views import Views
from services.zone_batch import ZoneBatch
from services.zone_borders import ZoneBorders
from services.zone_compare import ZoneCompare
from services.zone_division import ZoneDivision
from services.zone_modes import ZoneModes
from services.zone_successions import ZoneSuccessions
from services.zone_versions import ZoneVersions
from services.zones import Zones
from storage.layer_files import LayerFiles
from storage.photos import PhotoStore
from storage.reports import ReportFiles
from storage.schema import migrate
from storage.store import Store
from storage.uploads import UploadStore

HOME = Path(__file__).resolve().parent
SECRET_KEY_AT_LEAST = 32


class Settings(BaseSettings):
    """Every setting has a default that works on one machine without a network. README lists them."""

    model_config = SettingsConfigDict(env_prefix="SLG_", env_file=None, extra="ignore", env_ignore_empty=True)

    database_url: str = f"sqlite:///{HOME}/var/slg.db"
    photo_store: Path = HOME / "var" / "photos"
    sample_city: bool = True
    host: str = "127.0.0.1"
    port: int = 8501
    public_url: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: str = ""
    secret_key: SecretStr | None = None
    basemap: str = ""
    basemap_credit: str = ""
    decode_heic: bool = False
    timezone: str = "Asia/Shanghai"
    backup_dir: Path | None = None
    runners: int = Field(default=2, ge=0, le=8)
    log: Literal["text", "json"] = "text"
    metrics_token: SecretStr | None = None
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = ""
    oidc_claim: str = "preferred_username"
    clearance_date: date | None = (
        None  # the day by which no zone should be without management; the policy gives two years
    )
    track_days: int = Field(default=30, ge=1, le=366)  # how long the track of a patrol is kept

    @field_validator("trusted_proxies")
    @classmethod
    def _named(cls, value: str) -> str:
        if "*" in value:
            raise ValueError(
                "name the proxy's address: with * anybody could write the address that tries are counted by"
            )
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", value):
            raise ValueError("SLG_OIDC_ISSUER is the address that the provider calls itself, like https://id.example")
        return value

    @model_validator(mode="after")
    def _whole_provider(self) -> Settings:
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise ValueError("SLG_OIDC_ISSUER and SLG_OIDC_CLIENT_ID go together")
        return self

    @property
    def provider(self) -> Provider | None:
        """The identity provider beside our own passwords, when there is one."""
        if not self.oidc_issuer:
            return None
        secret = self.oidc_client_secret.get_secret_value() if self.oidc_client_secret else ""
        return Provider(self.oidc_issuer, self.oidc_client_id, secret, self.oidc_name, self.oidc_claim)

    @property
    def listens_wide(self) -> bool:
        """True when others than this machine's users may come, directly or through a proxy."""
        is_behind = bool(self.public_url or self.trusted_proxies)
        return is_behind or self.host not in ("127.0.0.1", "localhost", "::1")

    @property
    def is_tls(self) -> bool:
        """True when browsers come by https: here, or at a proxy in front."""
        return self.tls_cert is not None or self.public_url.startswith("https://")


def now() -> datetime:
    return datetime.now(UTC)


def build(settings: Settings) -> Services:
    """Opens the store (migrated) and builds the services. Does not load the sample city: `prepare` does."""
    zone, secret_key = ZoneInfo(settings.timezone), _secret_key(settings)
    store = Store.open(settings.database_url)
    migrate(store.engine)
    photos = PhotoStore(settings.photo_store)
    sessions = Sessions(store, now)
    policy = LivePolicy(store, now, zone)
    policy.seed_builtin()
    rules = LivePermissions(lambda: policy.now().permissions, sessions.still)
    bundles = read_bundles(HOME)
    calendar = CalendarService(store, rules, now, zone)
    calendar.seed()
    passwords = Passwords()
    people = People(store, rules, sessions, passwords, now)
    queue = Queue(store, now)
    exchange = Exchange(store, rules, now, lambda: policy.now().zones)
    layer_imports = LayerImports(
        store, exchange, LayerFiles(settings.photo_store.parent / "imports"), rules, queue, now
    )
    reports = report_files(settings)
    coverage = CoverageService(store, rules, policy, now)
    zones = Zones(store, rules, policy, now)
    findings = Topology(store, rules, policy, zones, now)
    zone_versions = ZoneVersions(store, rules, policy, queue, now, zone)
    timetable = TimetableService(store, rules, queue, now, zone)
    timetable.seed()
    evidence = Evidence(store, photos, rules, queue, now)
    views = Views(store, photos, policy, queue, now, zone, font=bundles.font, decodes_heic=settings.decode_heic)
    Backups(store, photos, reports, queue, now, zone, folder=settings.backup_dir)
    Divisions(store, queue, now)
    # Who leaves things behind says here how they are taken away; the timetable calls it every few minutes.
    sweep = Sweep(store, queue, reports, now)
    uploads = UploadStore(settings.photo_store / "uploads")
    sheets = PeopleSheets(store, people, uploads, rules, policy, now, zone)
    sweep.also("sheets", sheets.sweep)
    sweep.also("arriving", lambda: evidence.sweep().files)
    sweep.also("imports", layer_imports.sweep)
    tracks = Tracks(store, rules, now, zone, keep_days=settings.track_days)
    sweep.also("tracks", tracks.sweep)
    return Services(
        store=store, permissions=rules, policy=policy, people=people, people_sheets=sheets,
        places=Places(store, rules),
        account=AccountService(store, rules, sessions, passwords, now), tokens=Tokens(store, rules, sessions, now),
        identities=Identities(store, rules, people, settings.provider, now),
        catalogues=Catalogues(store, rules, policy, queue, now, zone),
        intake=Intake(store, rules, policy, now, zone),
        evidence=evidence, views=views,
        records=RecordsService(store, rules, policy, calendar, now),
        own=OwnRecords(store, rules, policy, queue, now), nearby=Nearby(store, rules, policy, now), tracks=tracks,
        zones=zones, drawing=Drawing(store, rules), proposals=ZoneProposals(store, rules), topology=findings,
        set_asides=SetAsides(store, rules, findings.finding, now),
        zone_versions=zone_versions, zone_batch=ZoneBatch(store, rules, policy, zone_versions),
        zone_compare=ZoneCompare(store, rules), zone_borders=ZoneBorders(store, rules, zones, now),
        zone_modes=ZoneModes(store, rules, policy, now), zone_successions=ZoneSuccessions(store, rules, policy, now),
        zone_division=ZoneDivision(store, rules, policy, now),
        assets=AssetsService(store, rules, policy, now), coverage=coverage,
        calendar=calendar, exchange=exchange, layer_imports=layer_imports,
        history=HistoryService(store, photos, rules, now, zone, queue), queue=queue, timetable=timetable, timezone=zone,
        operations=OperationsService(
            store, rules, photos, queue, now, app_version=(HOME / "VERSION").read_text("ascii").strip(),
            backup_dir=settings.backup_dir, certificate=settings.tls_cert,
            decoder_restarts=lambda: views.decoder_restarts,
        ),
        first_steps=FirstStepsService(
            store, rules, is_tls=settings.is_tls, backs_up=settings.backup_dir is not None
        ),
        reminders=RemindersService(store, rules, queue, now, zone, backs_up=settings.backup_dir is not None),
        reports=ReportsService(store, rules, policy, coverage, reports, queue, now, zone),
        bundles=bundles, clearance_date=settings.clearance_date,
        secret_key=secret_key, public_url=settings.public_url, is_tls=settings.is_tls,
        basemap=settings.basemap, basemap_credit=settings.basemap_credit,
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else "",
    )  # fmt: skip


def report_files(settings: Settings) -> ReportFiles:
    """The folder of reports lies beside the photos."""
    return ReportFiles(settings.photo_store.parent / "reports")


@cache
def services() -> Services:
    """The one set of services of this process, ready for use."""
    settings = Settings()
    logs.set_up(as_json=settings.log == "json")
    built = build(settings)
    if settings.sample_city:
        load.prepare(built, settings.photo_store, now(), is_wide=settings.listens_wide)
    return built


def greet(built: Services, settings: Settings) -> None:
    """What the console says at every start: where to log in, or how to set an empty city up (a fresh token each time)."""
    address = address_of(settings)
    if built.people.needs_setup():
        print(f"\n第一次设置 / first set-up: {address}/setup?token={built.people.make_setup_token()}\n", flush=True)
    print(f"嵊里管·巡查: {address}", flush=True)
    if newer := built.catalogues.upgrade_waiting():
        print(
            f"新的内置类目等着看 / a newer built-in edition waits: {newer} · {address}/catalogues?view=upgrade",
            flush=True,
        )
    if built.has_known_passwords():
        accounts = "inspector1, officer1, officer2, clerk1, leader1, admin1"
        print(f"示意账号 / sample accounts: {accounts} · {load.KNOWN_PASSWORD}", flush=True)


def address_of(settings: Settings) -> str:
    """What people type to come here."""
    host = socket.gethostname() if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - only compared
    return settings.public_url or f"{'https' if settings.tls_cert else 'http'}://{host}:{settings.port}"


def _secret_key(settings: Settings) -> str:
    """The key that signs cookies: the setting's, else one made on the first start and kept readable for us alone."""
    if settings.secret_key is not None:
        return _long_enough(settings.secret_key.get_secret_value(), "SLG_SECRET_KEY")
    path = HOME / "var" / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written whole beside it and then linked: a second process starting now finds all of it or nothing.
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return _long_enough(path.read_text("ascii").strip(), str(path))


def _long_enough(key: str, where: str) -> str:
    if len(key) < SECRET_KEY_AT_LEAST:
        raise ValueError(f"{where} is too short: it signs every login and needs {SECRET_KEY_AT_LEAST} characters")
    return key
