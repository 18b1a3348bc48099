"""``leadloop serve``: scores over HTTP."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from secrets import token_urlsafe
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scoring.errors import SettingsError
from scoring.io.settings import Settings
from serving.cli.beside import Beside
from serving.cli.terminal import console, settings

if TYPE_CHECKING:
    from serving.live import LiveModel, Now

GRACE_SECONDS = 10
BACKLOG = 2048
_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "leadloop": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(rich_help_panel="Leads")
    def serve(
        host: Annotated[
            str | None, typer.Option(help="Address to listen on; others than this machine's own need keys.")
        ] = None,
        port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
        workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
        with_work: Annotated[
            bool,
            typer.Option("--with-work", help="Do what leadloop work does, in one more process beside them."),
        ] = False,
    ) -> None:
        """Serve scores over HTTP; a new champion is taken up while running."""
        given = settings()
        run(
            given,
            given.serve.host if host is None else host,
            given.serve.port if port is None else port,
            workers,
            with_work=with_work,
        )


def run(given: Settings, host: str, port: int, workers: int, *, with_work: bool = False) -> None:
    """Serve until stopped.

    Parameters
    ----------
    given : Settings
        What the team has set.
    host, port : str, int
        Where to listen.
    workers : int
        Processes that answer.
    with_work : bool
        Whether what is due is done beside them, in one more process.

    Raises
    ------
    SettingsError
        If the address is open to other machines and there is no key, or it cannot be listened on.
    LeadLoopError
        If the store cannot be opened.
    """
    given = given.model_copy(update={"serve": given.serve.model_copy(update={"host": host, "port": port})})
    if not address_of(host).is_loopback:
        _need_keys(given, host)
    with listening(host, port) as listener:
        signal.signal(signal.SIGTERM, _stop)
        try:
            beside = Beside() if with_work else nullcontext()
            (_one_process if workers == 1 else _many_processes)(given, listener, workers, beside)
        except KeyboardInterrupt:
            console.print("Stopped.")


def _stop(*_: object) -> None:
    """Being told to stop is no failure."""
    sys.exit(0)


def listening(host: str, port: int) -> socket:
    """A socket that listens.

    Parameters
    ----------
    host, port : str, int
        Where; port 0 takes a free one.

    Raises
    ------
    SettingsError
        If the host is no address, or the port is taken or not allowed.
    """
    address = str(address_of(host))
    listener = socket(AF_INET6 if ":" in address else AF_INET)
    try:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Port {port} of {host} cannot be listened on: {error.strerror}. "
            "Stop what uses it, or name another with --port (0 takes a free one)."
        ) from error
    listener.set_inheritable(True)
    return listener


def address_of(host: str) -> IPv4Address | IPv6Address:
    """The address that is meant.

    Raises
    ------
    SettingsError
        If it is the name of a machine, which may mean several.
    """
    try:
        return ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise SettingsError(
            "--host must be an IP address or localhost: 127.0.0.1 for this machine alone, 0.0.0.0 for all that "
            "reach it (that needs keys)."
        ) from error


def _need_keys(given: Settings, host: str) -> None:
    """Let other machines in only where callers can be told apart."""
    from scoring.io.store import open_store

    with open_store(given.database_url, given.primary) as store:
        hold = any(key.revoked_at is None for key in store.api_keys())
    if not hold:
        raise SettingsError(
            f"--host {host} would let other machines in, and there is no key yet. Make one with "
            "leadloop keys create --name NAME --scope score, or listen on this machine alone: --host 127.0.0.1."
        )
    console.print(
        "Keys are sent as they are: where others can listen in, put a proxy with TLS in front.", markup=False
    )


def _one_process(given: Settings, listener: socket, _: int, beside: AbstractContextManager[object]) -> None:
    import uvicorn

    from scoring.io.store import open_store
    from serving.app import app_of
    from serving.cold_start import serve_points

    with open_store(given.database_url, given.primary) as store:
        serve_points(store, given, datetime.now(UTC))
        app = app_of(given, store)
        config = uvicorn.Config(app, **options())
        _welcome(app.state.live.now, listener)
        with beside:
            uvicorn.Server(config).run(sockets=[listener])


def _many_processes(
    given: Settings, listener: socket, workers: int, beside: AbstractContextManager[object]
) -> None:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from scoring.io.store import open_store
    from serving.cold_start import serve_points
    from serving.live import Live
    from serving.pages.session import SECRET

    # Opened here first: what is wrong with the store is said once, and its schema is made by one process.
    with open_store(given.database_url, given.primary) as store:
        serve_points(store, given, datetime.now(UTC))
        live = Live(store, given.primary)
        live.refresh()
    with TemporaryDirectory(prefix="leadloop-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        os.environ["LEADLOOP_SERVE_HOST"] = given.serve.host  # each worker reads the settings for itself
        os.environ.setdefault(SECRET, token_urlsafe(32))  # a login with one worker is good with all
        config = uvicorn.Config("serving.app:from_environment", factory=True, workers=workers, **options())
        _welcome(live.now, listener)
        with beside:
            Multiprocess(config, sockets=[listener]).run()


def options() -> dict[str, Any]:
    """How uvicorn serves: quietly, and finishing what it has begun."""
    return {
        "log_config": _LOGGING,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "ws": "none",
        "lifespan": "on",
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }


def _welcome(now: Now, listener: socket) -> None:
    """Say where it is served, what is live, and how to try it."""
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    console.print(f"[bold]LeadLoop[/] serves at {url} (documentation: {url}/docs)", soft_wrap=True)
    for model in now.models.values():
        within = "" if model.name.horizon_days is None else f" within {model.name.horizon_days} days"
        console.print(
            f"Live: {model.name.name}, version {model.name.version}: {model.name.target}{within}",
            markup=False,
        )
    if not now.models:
        console.print(
            "[bold yellow]No model is live yet:[/] /v1/score answers 503 until there is one. Train one with "
            "`leadloop train`, or make one live with `leadloop promote VERSION`; it is taken up within seconds."
        )
        return
    model = next(iter(now.models.values()))
    body = json.dumps({"lead_id": "lead-1", "properties": example(model)}, ensure_ascii=False)
    quoted = body.replace("'", "'\\''")
    console.print("Try it:", markup=False)
    console.print(
        f"curl -s {url}/v1/score -H 'content-type: application/json' -d '{quoted}'",
        markup=False,
        soft_wrap=True,
    )


def example(model: LiveModel, most: int = 3) -> dict[str, object]:
    """Properties that the model knows, to try it with.

    Parameters
    ----------
    model : LiveModel
        The model.
    most : int
        How many properties.
    """
    found: dict[str, object] = {}
    for feature, term in zip(model.card.features, model.card.terms, strict=False):
        if feature.form != "value" or len(found) == most:
            continue
        known: Sequence[object] = term.levels if feature.kind == "category" else term.cuts
        if known:
            found[feature.sources[0]] = (
                _plain(known[len(known) // 2]) if feature.kind == "number" else known[0]
            )
    return found


def _plain(cut: object) -> object:
    """A cut point without the digits that nobody types."""
    return float(f"{cut:.6g}") if isinstance(cut, float) else cut
