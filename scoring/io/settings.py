"""What a team can set: ``leadloop.toml`` and the environment, read once, checked whole, frozen.

Precedence, highest first: an environment variable ``LEADLOOP_<SECTION>_<KEY>``, the file, the default.
An unknown key or a mistyped ``LEADLOOP_…`` variable is refused with the nearest known name, because a
setting that is silently ignored is worse than none.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from scoring.errors import SettingsError
from scoring.io.home import database_url, home_folder, tracking_uri
from scoring.io.sections import TARGETS, PointsRule, Rep, Section, Sections, horizon_days, nearest

__all__ = ["Setting", "Settings", "describe", "example_toml", "horizon_days", "load_settings"]

FILE = "leadloop.toml"
# Sections of which there may be several: tables in a list.
_LISTED: dict[str, type[Section]] = {"points": PointsRule, "reps": Rep}
_ENVIRONMENT_ONLY = ("LEADLOOP_HOME", "LEADLOOP_CONFIG", "LEADLOOP_SESSION_SECRET")


class Settings(Sections):
    """All that a run of LeadLoop was told, in one frozen record."""

    home: Path = Field(description="The folder that holds what LeadLoop writes.")
    # Addresses may carry a password, so they stay out of every printed form of the record.
    database_url: str = Field(repr=False, description="The address of the store.")
    tracking_uri: str = Field(repr=False, description="The address where MLflow keeps the runs.")


def load_settings(environ: Mapping[str, str], folder: Path) -> Settings:
    """Read what the team has set; say everything that is wrong with it in one message.

    Parameters
    ----------
    environ : mapping of str to str
        The environment. ``LEADLOOP_CONFIG`` names another file, ``LEADLOOP_HOME`` the folder for what is
        written, ``DATABASE_URL`` and ``MLFLOW_TRACKING_URI`` the databases; ``LEADLOOP_SERVE_PORT`` and
        its like go before the file.
    folder : Path
        The working folder, where ``leadloop.toml`` is looked for. Without one the defaults hold.

    Raises
    ------
    SettingsError
        An unknown key or variable (with the nearest known name), or a value against its rule.

    Examples
    --------
    >>> settings = load_settings({"LEADLOOP_TIME_ZONE": "Asia/Tokyo"}, Path("/nowhere"))
    >>> settings.primary, settings.targets["won"], settings.time.zone
    ('won', 90, 'Asia/Tokyo')
    """
    file, read = _read(environ, folder)
    document, given, wrong = _with_environment(read, environ)
    try:
        checked: Sections | None = Sections.model_validate(_frozen(document))
    except ValidationError as error:
        checked = None
        wrong += [_sentence(dict(one), given) for one in error.errors(include_url=False)]
    if checked is None or wrong:
        raise SettingsError(f"Settings of {file} and the environment: {' '.join(wrong)}")
    # Checked above; the addresses are the environment's own words.
    return Settings.model_construct(
        None,
        home=home_folder(environ, folder),
        database_url=database_url(environ, folder),
        tracking_uri=tracking_uri(environ, folder),
        **{name: getattr(checked, name) for name in Sections.model_fields},
    )


def _read(environ: Mapping[str, str], folder: Path) -> tuple[Path, dict[str, Any]]:
    """Give the file's path and content; without a file, no content."""
    named = environ.get("LEADLOOP_CONFIG")
    file = folder.absolute() / Path(named or FILE).expanduser()
    try:
        return file, tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        if named:
            raise SettingsError(f"LEADLOOP_CONFIG names {file}, which does not exist.") from error
        return file, {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} must be a readable TOML file in UTF-8: {error}.") from error


def _with_environment(
    document: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Lay the variables over the file; say which gave which key, and what is wrong with them."""
    merged, given, wrong = dict(document), {}, []
    known = {row.environment: row.key for row in describe() if row.environment}
    known |= {f"LEADLOOP_TARGETS_{stage.upper()}": f"targets.{stage}" for stage in TARGETS}
    for name in sorted(name for name in environ if name.startswith("LEADLOOP_")):
        if name in _ENVIRONMENT_ONLY:
            continue
        if name not in known:
            near = nearest(name, [*known, *_ENVIRONMENT_ONLY])
            wrong.append(f"Unknown environment variable '{name}'{near}.")
            continue
        section, key = known[name].split(".")
        inside = merged.get(section, _default_of(section))
        if isinstance(inside, Mapping):
            merged[section] = {**inside, key: _typed(environ[name])}
            given[known[name]] = name
    return merged, given, wrong


def _frozen(value: Any) -> Any:
    """Make lists tuples, all the way down: a record that is frozen holds nothing that can grow."""
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _default_of(section: str) -> Mapping[str, Any]:
    # A variable changes one target and leaves the others as they are.
    targets = Sections.model_fields["targets"].default.items() if section == "targets" else ()
    return {name: f"{days}d" for name, days in targets}


def _typed(text: str) -> Any:
    """Read a variable as the file would read it; what is no TOML value is plain text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _sentence(error: Mapping[str, Any], given: Mapping[str, str]) -> str:
    """One sentence for one fault that pydantic found."""
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = [row.key for row in describe()] + list(Sections.model_fields)
        return f"Unknown key '{where}'{nearest(where, known)}."
    rule = str(error["msg"]).removeprefix("Value error, ").replace("Input should", "must", 1)
    rule = "must be given" if error["type"] == "missing" else rule
    got = "" if isinstance(error["input"], dict | tuple | BaseModel) else f", got {error['input']!r}"
    return f"'{given.get(where, where)}' {rule}{got}."


class Setting(NamedTuple):
    """One documented key."""

    key: str
    default: object
    meaning: str
    environment: str
    example: object


def describe() -> list[Setting]:
    """List every key of ``leadloop.toml`` with its default and meaning, for the documentation.

    Examples
    --------
    >>> next(row for row in describe() if row.key == "serve.port")[:3]
    ('serve.port', 8000, 'The port; 0 takes a free one.')
    """
    rows: list[Setting] = []
    for name, field in Sections.model_fields.items():
        inner = _LISTED.get(name, field.annotation)
        if name == "targets":
            for stage, days in _default_of("targets").items():
                variable = _variable(name, stage)
                rows.append(Setting(f"targets.{stage}", days, str(field.description), variable, days))
        elif isinstance(inner, type) and issubclass(inner, Section):
            rows += _rows(name, inner)
    return rows


def _rows(section: str, model: type[Section]) -> Iterable[Setting]:
    for key, field in model.model_fields.items():
        example = (
            (field.examples or [None])[0] if field.default is None or field.is_required() else field.default
        )
        default = None if field.is_required() else field.default
        variable = "" if section in _LISTED else _variable(section, key)
        yield Setting(f"{section}.{key}", default, str(field.description), variable, example)


def _variable(section: str, key: str) -> str:
    return f"LEADLOOP_{section}_{key}".upper()


def example_toml() -> str:
    """Write a ``leadloop.toml`` that shows every key; as it stands it changes nothing."""
    lines = ["# Every key of leadloop.toml with its default. What you leave out keeps it."]
    section = meaning = ""
    for row in describe():
        name, key = row.key.split(".")
        quiet = "# " if row.default is None or name in _LISTED else ""
        if name != section:
            lines += ["", f"# [[{name}]]" if name in _LISTED else f"[{name}]"]
        if row.meaning != meaning:
            lines.append(f"# {row.meaning}")
        lines.append(f"{quiet}{key} = {_toml(row.example)}")
        section, meaning = name, row.meaning
    return "\n".join(lines) + "\n"


_TOML: dict[type, Callable[[Any], str]] = {
    str: lambda text: f'"{text}"',
    bool: lambda truth: str(truth).lower(),
    tuple: lambda items: "[" + ", ".join(_toml(item) for item in items) + "]",
    dict: lambda table: "{ " + ", ".join(f"{key} = {_toml(value)}" for key, value in table.items()) + " }",
}


def _toml(value: object) -> str:
    return _TOML.get(type(value), str)(value)
