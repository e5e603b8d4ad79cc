"""The operator's command line."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from domain import layers
from domain.errors import Busy, Invalid, Refused
from i18n import words
from services.exchange import ENDINGS, OPERATOR, REPAIRS, Choices, Preview
from services.people_sheets import Preview as PeoplePreview
from storage.backup import check_backup, make_backup, restore_backup
from storage.engine import is_there, without_password
from storage.move import move as move_all
from storage.photos import PhotoStore
from storage.store import Store
from wiring import HOME, Settings, address_of, build, now, report_files, services

CATALOGUE_FILE_CAP_BYTES = 4_000_000
app = typer.Typer(no_args_is_help=True, add_completion=False, help="嵊里管·巡查: run it, look after it.")


@app.command()
def run() -> None:
    """Start the app; on the first start load the sample city, or print the way to set it up."""
    import uvicorn

    settings = Settings()
    services()  # migrated and filled before the port opens
    uvicorn.run(
        "app:app", host=settings.host, port=settings.port, log_config=None, access_log=False,
        ssl_certfile=settings.tls_cert, ssl_keyfile=settings.tls_key,
        proxy_headers=bool(settings.trusted_proxies), forwarded_allow_ips=settings.trusted_proxies or None,
        ws_max_size=16 * 1024 * 1024,
    )  # fmt: skip


@app.command()
def reset_link(username: Annotated[str, typer.Argument(help="user name or phone number")]) -> None:
    """Print a link by which USERNAME sets a new password: for the administrator who lost it. Works once, for a day."""
    settings = Settings(sample_city=False)
    built = build(settings)
    try:
        print(f"{address_of(settings)}/reset?token={built.people.make_link_for(username)}")
    finally:
        built.close()


@app.command()
def verify() -> None:
    """Walk the whole history, rehash every original; exit code 1 when something does not fit."""
    settings = _settings_of_a_city()
    built = build(settings)

    def progress(done: int, of: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done}/{of}", end="" if done < of else "\n", file=sys.stderr)

    started = now()
    found = built.history.verify(progress)
    with suppress(Busy):  # a check that was made counts, also when it could not be written down
        built.history.write_down(found, started)
    _tell("database", url=without_password(settings.database_url))
    _tell("walked", links=found.links, subjects=found.subjects, photos=found.photos, checkpoints=found.checkpoints)
    for finding in found.findings:
        print(f"  {words('zh')(f'verify.{finding.code}')} {finding.code}: {finding.subject} {finding.detail}".rstrip())
    _tell("clean" if found.is_clean else "findings", count=len(found.findings))
    built.close()
    raise typer.Exit(0 if found.is_clean else 1)


@app.command()
def backup(where: typer.Context, folder: Path) -> None:
    """Copy database and originals into FOLDER while the app runs; checked before it is called done."""
    settings = _settings_of_a_city()
    built = build(settings)
    started = time.monotonic()
    made = make_backup(
        built.store, PhotoStore(settings.photo_store), where.obj / folder, at=now(), reports=report_files(settings)
    )
    check_backup(made.folder)
    _tell("database", url=without_password(settings.database_url))
    _tell("backed_up", folder=made.folder, originals=made.originals, copied=made.copied, rows=sum(made.counts.values()))
    print("  " + ", ".join(f"{table} {rows}" for table, rows in made.counts.items() if rows))
    _tell("backup_checked", s=f"{time.monotonic() - started:.1f}")
    built.close()


@app.command()
def restore(where: typer.Context, folder: Path) -> None:
    """Put the backup FOLDER into the (empty) place that the settings name, then verify it."""
    settings = Settings(sample_city=False)
    started = time.monotonic()
    manifest = restore_backup(
        where.obj / folder, settings.database_url, settings.photo_store, report_files(settings).root
    )
    _tell("restored", at=manifest["made_at"], originals=len(manifest["originals"]),
          s=f"{time.monotonic() - started:.1f}")  # fmt: skip
    verify()


@app.command()
def move(
    source: Annotated[str, typer.Option("--from", help="database URL of the city as it is")],
    target: Annotated[str, typer.Option("--to", help="database URL of an empty database")],
) -> None:
    """Copy the whole city into another, empty database, compare every row, verify the history there. Stop the app first."""
    started = time.monotonic()
    if not is_there(source):
        raise Invalid("move_no_source", url=without_password(source))
    here, there = Store.open(source), Store.open(target)
    moved = move_all(here, there, lambda table, rows: print(f"  {table:<22} {rows:>9}", flush=True))
    for store in (here, there):
        store.close()
    _tell("moved", rows=moved.total, s=f"{time.monotonic() - started:.1f}")
    built = build(Settings(sample_city=False, database_url=target))
    found = built.history.verify()
    built.close()
    _tell("moved_history", links=found.links, photos=found.photos, count=len(found.findings))
    _tell("moved_next", url=without_password(target))
    raise typer.Exit(0 if found.is_clean else 1)


def _settings_of_a_city() -> Settings:
    """The settings of this shell. Raises Invalid where they name no database yet: looking must not make one."""
    settings = Settings(sample_city=False)
    if not is_there(settings.database_url):
        raise Invalid("no_database_here", url=without_password(settings.database_url))
    return settings


def _tell(key: str, **facts: object) -> None:
    """One line for the operator, Chinese first."""
    print(" / ".join(words(lang)(f"command.{key}", **facts) for lang in ("zh", "en")))


@app.command(name="import")
def bring_in(
    where: typer.Context,
    layer: Annotated[str, typer.Argument(help="streets, communities, grids, zones, buildings, roads; or people")],
    file: Annotated[
        Path, typer.Argument(help="GeoJSON, GeoPackage, zipped Shapefile, KML, KMZ, DXF, CSV; people: XLSX, CSV")
    ],
    crs: Annotated[str | None, typer.Option(help="like EPSG:4549; asked for when the file does not say")] = None,
    datum: Annotated[str | None, typer.Option(help="wgs84, gcj02 or bd09")] = None,
    swap: Annotated[bool | None, typer.Option(help="the first number is the latitude")] = None,
    column: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN; FIELD= leaves it out")] = None,
    was: Annotated[list[str] | None, typer.Option("--lineage", help="OLD=NEW, OLD=NEW1+NEW2, OLD1+OLD2=NEW")] = None,
    file_layer: Annotated[str | None, typer.Option("--layer", help="which layer of a file that holds several")] = None,
    repair: Annotated[bool, typer.Option(help="mend what can be mended")] = False,
    skip_bad: Annotated[bool, typer.Option(help="store the sound rows without the others")] = False,
    sheet: Annotated[str | None, typer.Option(help="people: which worksheet")] = None,
    errors: Annotated[Path | None, typer.Option(help="people: write the rows to mend into a new FILE.xlsx")] = None,
    links: Annotated[
        Path | None, typer.Option(help="people: write the new people's links into a new FILE.xlsx")
    ] = None,
    confirm: Annotated[bool, typer.Option(help="store what the preview shows")] = False,
) -> None:
    """Show what a layer or the people from FILE would change; store it with --confirm: all or nothing."""
    columns = dict((pair + "=").split("=")[:2] for pair in column or ())
    if layer == "people":
        _bring_people_in(where.obj, file, columns, sheet, errors, links, leave_out=skip_bad, confirm=confirm)
        return
    lineage = tuple(layers.Lineage.read(text) for text in was or ())
    chosen = Choices(
        crs, datum, swap, columns, file_layer, lineage, repairs=REPAIRS if repair else (), leave_out=skip_bad
    )
    built = build(Settings(sample_city=False))
    exchange = built.exchange
    try:
        preview = exchange.preview(where.obj / file, layer, OPERATOR, chosen)
        say = words("zh")
        _print_preview(preview)
        if not confirm:
            _print_next(preview)
            return
        stored = exchange.store(preview, OPERATOR)
        print(say("layers.stored", new=stored.new, changed=stored.changed, same=stored.same, left_out=stored.left_out,
                  links=stored.links))  # fmt: skip
        if stored.buildings_placed:
            print(say("layers.placed", count=stored.buildings_placed))
        if preview.layer == "zone" and stored.new + stored.changed:
            print(say("layers.drafts"))
    finally:
        built.close()


def _bring_people_in(
    folder: Path, file: Path, columns: dict[str, str], sheet: str | None, errors: Path | None, links: Path | None, *,
    leave_out: bool, confirm: bool,
) -> None:  # fmt: skip
    say, settings = words("zh"), Settings(sample_city=False)
    built = build(settings)
    try:
        for path in (errors, links):
            if path is not None:
                _check_new_file(folder / path)
        preview = built.people_sheets.preview_file(folder / file, OPERATOR, columns, sheet=sheet)
        _print_people(preview)
        if errors is not None and preview.bad_rows:
            _write_new_file(folder / errors, built.people_sheets.problems_of(preview, OPERATOR))
            print(say("people_sheet.errors_written", rows=len(preview.bad_rows), file=errors))
        if not confirm:
            print(say("people_sheet.confirm_with" if preview.counts["new"] else "people_sheet.nobody_new"))
            return
        if links is None:
            raise Invalid("sheet_links_missing", field="links")
        stored = built.people_sheets.store(preview, OPERATOR, leave_out=leave_out)
        _write_new_file(folder / links, built.people_sheets.links(stored, address_of(settings), OPERATOR))
        print(say("people_sheet.stored", new=len(stored.added), same=stored.same, bad=stored.bad))
        until = stored.until.strftime("%Y-%m-%d %H:%M")
        print(say("people_sheet.links_written", file=links, until=until))
    finally:
        built.close()


def _print_people(preview: PeoplePreview) -> None:
    say, counts = words("zh"), preview.counts
    print(say("people_sheet.read", file=preview.file_name, rows=counts["rows"]))
    if preview.sheet:
        print("  " + say("people_sheet.read_sheet", sheet=preview.sheet))
    if preview.others:
        print("  " + say("people_sheet.others", names="、".join(preview.others)))
    if preview.encoding:
        print("  " + preview.encoding)
    print("  " + say("people_sheet.columns", pairs=", ".join(f"{at}={name}" for at, name in preview.columns.items())))
    left = [name for name in preview.names if name not in preview.columns.values()]
    if left:
        print("  " + say("people_sheet.columns_left", names="、".join(left)))
    print("  " + say("people_sheet.fates_same" if counts["same"] else "people_sheet.fates", **counts))
    for row in preview.bad_rows[:20]:
        said = " ".join(say.refusal((problem.code,), problem.field, problem.facts) for problem in row.problems)
        print("    " + say("people_sheet.row", row=row.number, name=row.values["name"], said=said))
    if len(preview.bad_rows) > 20:
        print("    " + say("people_sheet.more", count=len(preview.bad_rows) - 20))


def _check_new_file(path: Path) -> None:
    """Before anything is stored: a link that could not be written would be lost."""
    if path.exists():
        raise Invalid("layer_file_there", field="file", name=path.name)
    if path.suffix.lower() != ".xlsx":
        raise Invalid("sheet_ending_unknown", field="file", name=path.suffix[:20] or path.name[:20])
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.unlink()
    except OSError as error:
        raise Invalid("sheet_not_written", field="file", name=path.name) from error


def _write_new_file(path: Path, data: bytes) -> None:
    """Readable for us alone: it may hold names, phones, links."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _print_next(preview: Preview) -> None:
    """What the operator types next: what keeps it from being stored, or --confirm."""
    say, kept = words("zh"), preview.counts["new"] + preview.counts["changed"]
    ways = [say(f"layers.way_{blocker.code}", **blocker.facts) for blocker in preview.blockers]
    if ways:
        print(say("layers.not_yet", ways=say("layers.must_join").join(ways)))
    else:
        print(say("layers.confirm_with") if kept else say("layers.nothing_new"))


def _print_preview(preview: Preview) -> None:
    say, guess = words("zh"), preview.guess
    print(
        say(
            "layers.preview", file=preview.file_name, format=preview.format, rows=len(preview.rows), layer=preview.layer
        )
    )
    if preview.encoding:
        reason = say(f"layers.by_{preview.encoding_reason}")
        print("  " + say("layers.encoding", encoding=preview.encoding, reason=reason))
    print("  " + say("layers.columns", pairs=", ".join(f"{field}={name}" for field, name in preview.mapping.items())))
    left = [name for name in preview.columns if name not in preview.mapping.values()]
    if left:
        print("  " + say("layers.columns_left", names=", ".join(left)))
    print("  " + say("layers.frame", crs=preview.frame.crs[:60], datum=preview.frame.datum))
    for reason in guess.reasons:
        print("    " + say(f"layers.{reason}", **guess.facts))
    print("  " + say("layers.fates", **preview.counts))
    told = [(row, problem) for row in preview.rows for problem in row.problems]
    for row, problem in told[:20]:
        sentence = say.refusal((problem.code,), problem.field, problem.facts)
        print("    " + say("layers.row", index=row.index, code=row.values.get("code") or "", said=sentence))
    if len(told) > 20:
        print("    " + say("layers.more", count=len(told) - 20))
    for key, found in (("repair_offered", preview.repairs), ("repair_done", preview.repaired)):
        for name, count in found.items():
            print("  " + say(f"layers.{key}", name=say(f"layers.{name}"), count=count))


@app.command()
def export(
    where: typer.Context,
    layer: Annotated[str, typer.Argument(help="streets, communities, grids, zones, buildings, roads; or people")],
    file: Annotated[
        Path, typer.Argument(help="people: .xlsx .csv; layers: .geojson .gpkg .zip (Shapefile) .kml .csv .xlsx .dxf")
    ],
) -> None:
    """Write a layer as it is in force to a new FILE, in degrees (EPSG:4326; .dxf: metres, EPSG:4549); or everybody with an account."""
    if layer == "people":
        _write_people_out(where.obj, file)
        return
    kind = next((k for k, ending in ENDINGS.items() if ending == file.suffix.lower()), file.suffix)
    built = build(Settings(sample_city=False))
    try:
        rows = built.exchange.export(layer, kind, where.obj / file, OPERATOR)
    finally:
        built.close()
    print(words("zh")("layers.exported", file=file, rows=rows))


def _write_people_out(folder: Path, file: Path) -> None:
    if (folder / file).exists():
        raise Invalid("layer_file_there", field="file", name=file.name)
    built = build(Settings(sample_city=False))
    try:
        data, people = built.people_sheets.export(file.suffix.lower(), OPERATOR)
    finally:
        built.close()
    _write_new_file(folder / file, data)
    print(words("zh")("people_sheet.exported", file=file, people=people))


catalogue = typer.Typer(no_args_is_help=True, help="Carry an edition of the catalogues from one city to another.")
app.add_typer(catalogue, name="catalogue")


@catalogue.command("export")
def catalogue_export(
    where: typer.Context, file: Annotated[Path, typer.Argument(help="a new .toml file")]
) -> None:  # fmt: skip
    """Write the edition in force to a new FILE."""
    built = build(Settings(sample_city=False))
    try:
        text = built.catalogues.export(OPERATOR)
        with (where.obj / file).open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise Invalid("catalogue_file_unwritable", field="file", name=file.name) from error
    finally:
        built.close()
    print(f"{file}: {len(text.encode())} bytes")


@catalogue.command("import")
def catalogue_import(
    where: typer.Context,
    file: Annotated[Path, typer.Argument(help="what catalogue export wrote")],
    confirm: Annotated[bool, typer.Option(help="put in force what the preview shows")] = False,
) -> None:
    """Show what the edition in FILE would change here; put it in force with --confirm: all or nothing."""
    try:
        with (where.obj / file).open("rb") as source:
            data = source.read(CATALOGUE_FILE_CAP_BYTES + 1)
        if len(data) > CATALOGUE_FILE_CAP_BYTES:
            raise Invalid(
                "catalogue_file_large", field="file", name=file.name, at_most_mb=CATALOGUE_FILE_CAP_BYTES // 10**6
            )
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("catalogue_file_unreadable", field="file", name=file.name) from error
    built = build(Settings(sample_city=False))
    try:
        found = built.catalogues.import_text(text, file.name, confirm=confirm, actor=OPERATOR)
    finally:
        built.close()
    for change in found:
        print(f"  {change.family}/{change.section}/{change.code} {change.field}: {change.before!r} -> {change.after!r}")
    print(f"changes: {len(found)}" + ("" if confirm or not found else "; --confirm puts them in force"))


@app.command()
def work(stay: Annotated[bool, typer.Option(help="go on until Ctrl+C or SIGTERM")] = False) -> None:
    """Do the work that is due by queue and timetable, then stop; --stay goes on, as a worker beside the app."""
    from jobs.runner import Runner, running

    built, settings = services(), Settings()
    if not stay:
        built.timetable.put_due()
        print(f"jobs done: {Runner(built).run_until_empty()}")
        built.close()
        return
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    with running(built, max(1, settings.runners)):
        print("at work", flush=True)
        ended.wait()


if __name__ == "__main__":
    asked_in = Path.cwd()  # where a file named by the operator lies; settings are read against our own folder
    os.chdir(HOME)
    try:
        app(obj=asked_in)
    except Refused as refused:
        for lang in ("zh", "en"):
            print(
                words(lang).refusal((refused.code, type(refused).code), refused.field, refused.facts), file=sys.stderr
            )
        if refused.__cause__ is not None:  # what the database or the disk said: the operator can do something about it
            print(str(getattr(refused.__cause__, "orig", refused.__cause__)).splitlines()[0], file=sys.stderr)
        sys.exit(1)
