"""Use cases, one family a file. `Services` is the set of them that wiring builds and doors are handed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from domain.policy.catalogue import Catalogue
from domain.policy.permissions import Permissions
from services.account import AccountService
from services.assets import AssetsService
from services.bundles import Bundles
from services.calendar import CalendarService
from services.catalogues import Catalogues
from services.coverage import CoverageService
from services.drawing import Drawing
from services.evidence import Evidence
from services.exchange import Exchange
from services.first_steps import FirstStepsService
from services.history import HistoryService
from services.identities import Identities
from services.intake import Intake
from services.layer_imports import LayerImports
from services.nearby import Nearby
from services.operations import OperationsService
from services.own import OwnRecords
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
from storage.store import Store


@dataclass(frozen=True)
class Services:
    store: Store
    permissions: Permissions
    policy: LivePolicy
    catalogues: Catalogues
    people: People
    account: AccountService
    tokens: Tokens
    identities: Identities
    people_sheets: PeopleSheets
    places: Places
    intake: Intake
    evidence: Evidence
    views: Views
    records: RecordsService
    own: OwnRecords
    nearby: Nearby
    tracks: Tracks
    zones: Zones
    drawing: Drawing
    zone_borders: ZoneBorders
    zone_versions: ZoneVersions
    zone_batch: ZoneBatch
    zone_compare: ZoneCompare
    zone_modes: ZoneModes
    zone_successions: ZoneSuccessions
    zone_division: ZoneDivision
    proposals: ZoneProposals
    topology: Topology
    set_asides: SetAsides
    assets: AssetsService
    coverage: CoverageService
    calendar: CalendarService
    exchange: Exchange
    layer_imports: LayerImports
    history: HistoryService
    queue: Queue
    timetable: TimetableService
    operations: OperationsService
    first_steps: FirstStepsService
    reminders: RemindersService
    reports: ReportsService
    bundles: Bundles
    timezone: ZoneInfo
    secret_key: str
    public_url: str = ""
    is_tls: bool = False
    basemap: str = ""
    clearance_date: date | None = None
    basemap_credit: str = ""
    metrics_token: str = ""

    @property
    def catalogue(self) -> Catalogue:
        """The kinds of problems in force now; a record names its own edition: policy.issues_of."""
        return self.policy.now().issues

    def is_sample_city(self) -> bool:
        """True while the sample city's data are in the store: every screen then says so."""
        with self.store.look() as work:
            return work.meta("sample_city") is not None

    def has_known_passwords(self) -> bool:
        """True while the sample accounts have the passwords that the README prints: this machine only, then."""
        with self.store.look() as work:
            return work.meta("sample_passwords") == "known"

    def close(self) -> None:
        self.views.close()
        self.store.close()
