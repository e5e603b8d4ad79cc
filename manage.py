"""The operator's command line."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import Invalid, Refused
from i18n import words
from storage.backup import check_backup, make_backup, restore_backup
from storage.engine import is_there, without_password
from storage.move import move as move_all
from storage.photos import PhotoStore
from storage.store import Store
from wiring import Settings, build, now, services

app = typer.Typer(no_args_is_help=True, add_completion=False, help="嵊里管·巡查: run it, look after it.")


@app.command()
def run() -> None:
    """Start the app; on the first start load the sample city, or print the way to set it up."""
    import uvicorn

    settings = Settings()
    built = services()
    address = f"{'https' if settings.tls_cert else 'http'}://{settings.host}:{settings.port}"
    if built.people.needs_setup():
        token = built.people.make_setup_token()
        print(f"\n第一次设置 / first set-up: {address}/setup?token={token}\n", flush=True)
    print(f"嵊里管·巡查: {address}", flush=True)
    if built.has_known_passwords():
        print(
            "示意账号 / sample accounts: inspector1, officer1, officer2, clerk1, leader1, admin1 · shili-2026",
            flush=True,
        )
    uvicorn.run(
        "app:app", host=settings.host, port=settings.port, log_level="warning",
        ssl_certfile=settings.tls_cert, ssl_keyfile=settings.tls_key,
        proxy_headers=bool(settings.trusted_proxies), forwarded_allow_ips=settings.trusted_proxies or None,
        ws_max_size=16 * 1024 * 1024,
    )  # fmt: skip


@app.command()
def verify() -> None:
    """Walk the whole history, rehash every original; exit code 1 when something does not fit."""
    built = build(Settings(sample_city=False))

    def progress(done: int, of: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done}/{of}", end="" if done < of else "\n", file=sys.stderr)

    found = built.history.verify(progress)
    print(f"links {found.links}, subjects {found.subjects}, photos {found.photos}, checkpoints {found.checkpoints}")
    for finding in found.findings:
        print(f"  {finding.code}: {finding.subject} {finding.detail}".rstrip())
    print("clean" if found.is_clean else f"{len(found.findings)} findings")
    built.close()
    raise typer.Exit(0 if found.is_clean else 1)


@app.command()
def backup(folder: Path) -> None:
    """Copy database and originals into FOLDER while the app runs; checked before it is called done."""
    settings = Settings(sample_city=False)
    built = build(settings)
    started = time.monotonic()
    made = make_backup(built.store, PhotoStore(settings.photo_store), folder, at=now())
    check_backup(made.folder)
    print(f"{made.folder}: {made.originals} originals ({made.copied} new), {json.dumps(made.counts)}")
    print(f"{time.monotonic() - started:.1f} s, checked")
    built.close()


@app.command()
def restore(folder: Path) -> None:
    """Put the backup FOLDER into the (empty) place that the settings name, then verify it."""
    settings = Settings(sample_city=False)
    started = time.monotonic()
    manifest = restore_backup(folder, settings.database_url, settings.photo_store)
    print(f"restored what was backed up at {manifest['made_at']}: {len(manifest['originals'])} originals")
    print(f"{time.monotonic() - started:.1f} s")
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
    print(f"{moved.total} rows, the same on both sides, {time.monotonic() - started:.1f} s")
    built = build(Settings(sample_city=False, database_url=target))
    found = built.history.verify()
    built.close()
    print(f"history there: {found.links} links, {found.photos} originals, {len(found.findings)} findings")
    print(f"next: SLG_DATABASE_URL={without_password(target)}, then start the app; photos stay where they are")
    raise typer.Exit(0 if found.is_clean else 1)


@app.command()
def work() -> None:
    """Do the queued jobs that are due, then stop."""
    from jobs.runner import Runner

    built = services()
    print(f"{Runner(built).run_until_empty()} jobs done")
    built.close()


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    try:
        app()
    except Refused as refused:
        for lang in ("zh", "en"):
            print(
                words(lang).refusal((refused.code, type(refused).code), refused.field, refused.facts), file=sys.stderr
            )
        if refused.__cause__ is not None:  # what the database or the disk said: the operator can do something about it
            print(str(getattr(refused.__cause__, "orig", refused.__cause__)).splitlines()[0], file=sys.stderr)
        sys.exit(1)
