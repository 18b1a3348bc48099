import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from scoring.errors import SettingsError
from scoring.io.settings import describe, example_toml, horizon_days, load_settings


def load(folder: Path, text: str = "", **environ: str):
    if text:
        (folder / "leadloop.toml").write_text(text, encoding="utf-8")
    return load_settings(environ, folder)


def test_without_a_file_the_defaults_hold(tmp_path):
    settings = load(tmp_path)

    assert settings.targets == {"won": 90, "sql": 30}
    assert settings.primary == "won"
    assert settings.time.zone == "UTC"
    assert settings.grades.cuts == (80, 50, 20)
    assert settings.points == ()
    assert settings.home == tmp_path / "models"
    assert settings.database_url == f"sqlite:///{tmp_path}/models/leadloop.db"
    assert settings.tracking_uri == f"sqlite:///{tmp_path}/models/mlflow.db"


def test_the_file_is_read_and_its_first_target_is_primary(tmp_path):
    settings = load(
        tmp_path,
        """
        [targets]
        won = "12w"
        sql = "14d"
        [time]
        zone = "Asia/Tokyo"
        [reading]
        missing = ["未設定", "?"]
        [[points]]
        property = "source"
        op = "in"
        value = ["Referral", "Partner"]
        points = 15
        [[points]]
        property = "phone"
        op = "filled"
        points = -2.5
        """,
    )

    assert list(settings.targets.items()) == [("won", 84), ("sql", 14)]
    assert settings.primary == "won"
    assert settings.reading.missing == ("未設定", "?")
    assert settings.points[0].value == ("Referral", "Partner")
    assert (settings.points[1].op, settings.points[1].value, settings.points[1].points) == (
        "filled",
        None,
        -2.5,
    )


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "leadloop.toml").write_text('[language]\ndefault = "ja"\n', encoding="utf-8-sig")

    assert load(tmp_path).language.default == "ja"


def test_a_variable_goes_before_the_file(tmp_path):
    settings = load(
        tmp_path,
        '[serve]\nport = 9000\nhost = "0.0.0.0"\n[targets]\nsql = "14d"\nwon = "60d"\n',
        LEADLOOP_SERVE_PORT="9001",
        LEADLOOP_TIME_ZONE="Europe/Berlin",
        LEADLOOP_TARGETS_WON="120d",
        LEADLOOP_READING_MISSING='["-"]',
    )

    assert (settings.serve.host, settings.serve.port) == ("0.0.0.0", 9001)
    assert settings.time.zone == "Europe/Berlin"
    assert settings.targets == {"sql": 14, "won": 120}
    assert settings.reading.missing == ("-",)


def test_a_variable_changes_one_default_target_and_keeps_the_others(tmp_path):
    assert load(tmp_path, LEADLOOP_TARGETS_WON="120d").targets == {"won": 120, "sql": 30}


def test_places_come_from_the_environment(tmp_path):
    (tmp_path / "other.toml").write_text("[value]\ndeal = 100000\n")

    settings = load(
        tmp_path,
        LEADLOOP_CONFIG="other.toml",
        LEADLOOP_HOME="/var/leadloop",
        DATABASE_URL="postgresql://aya:s3cret@host/crm",
        MLFLOW_TRACKING_URI="http://mlflow.example",
    )

    assert settings.value.deal == 100_000
    assert settings.home == Path("/var/leadloop")
    assert settings.database_url == "postgresql://aya:s3cret@host/crm"
    assert settings.tracking_uri == "http://mlflow.example"
    assert "s3cret" not in repr(settings)


def test_settings_cannot_be_changed(tmp_path):
    with pytest.raises(ValidationError, match="frozen"):
        load(tmp_path).serve.port = 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[serve]\nmax_body_kb = 1",
            r"Unknown key 'serve.max_body_kb' \(did you mean 'serve.max_body_kib'\?\)",
        ),
        ("[sreve]\nport = 1", r"Unknown key 'sreve' \(did you mean 'serve'\?\)"),
        ("[serve]\nport = '8000'", r"'serve.port' must be a valid integer, got '8000'"),
        ("[serve]\nport = 8000.0", r"'serve.port' must be a valid integer, got 8000.0"),
        ("[serve]\nport = 99999", r"'serve.port' must be less than or equal to 65535, got 99999"),
        ("[targets]\nsqll = '30d'", r"'targets' must be stages .*, got 'sqll' \(did you mean 'sql'\?\)"),
        ("[targets]\nsql = 30", r"'targets.sql' must be a time in days or weeks, such as \"30d\""),
        ("[targets]\n", r"'targets' must name at least one target"),
        (
            "[time]\nzone = 'Asia/Tokio'",
            r"name of a time zone \(did you mean 'Asia/Tokyo'\?\), got 'Asia/Tokio'",
        ),
        ("[grades]\na = 40", r"'grades' must fall: a > b > c, got a = 40, b = 50, c = 20"),
        ("[value]\ndeal = nan", r"'value.deal' must be a finite number"),
        ("[value]\ncurrency = 'yen'", r"'value.currency' .*, got 'yen'"),
        ("[language]\ndefault = 'fr'", r"'language.default' must be 'en' or 'ja', got 'fr'"),
        ("[[points]]\nproperty = 'a'\nop = 'is'", r"'points.0.points' must be given"),
        (
            "[[points]]\nproperty = 'a'\nop = 'in'\nvalue = 'x'\npoints = 1",
            r"op = 'in' must have a list of values",
        ),
        (
            "[[points]]\nproperty = 'a'\nop = 'at_least'\nvalue = true\npoints = 1",
            r"must have a number as value",
        ),
        ("points = 3", r"'points' must be a valid tuple, got 3"),
        ("[serve", r"leadloop.toml must be a readable TOML file"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_its_rule(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message):
        load(tmp_path, text)


def test_a_mistyped_variable_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(SettingsError, match=r"variable 'LEADLOOP_HOM' \(did you mean 'LEADLOOP_HOME'\?\)"):
        load(tmp_path, LEADLOOP_HOM="x")
    with pytest.raises(
        SettingsError, match=r"'LEADLOOP_SERVE_PROT' \(did you mean 'LEADLOOP_SERVE_PORT'\?\)"
    ):
        load(tmp_path, LEADLOOP_SERVE_PROT="1")


def test_a_wrong_variable_is_named_rather_than_the_key(tmp_path):
    with pytest.raises(SettingsError, match="'LEADLOOP_SERVE_PORT' must be a valid integer, got 'eighty'"):
        load(tmp_path, LEADLOOP_SERVE_PORT="eighty")


def test_everything_that_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(SettingsError, match=r"LEADLOOP_HOM.*'serve.port'.*'sreve'"):
        load(tmp_path, "[serve]\nport = 'x'\n[sreve]\nport = 1", LEADLOOP_HOM="x")


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(SettingsError, match=r"LEADLOOP_CONFIG names .*gone.toml, which does not exist"):
        load(tmp_path, LEADLOOP_CONFIG="gone.toml")


@pytest.mark.parametrize("text", ["30", "d", "0d", "-3d", "1.5d", "600w", "99999d", "３０d", "", None, 30])
def test_a_horizon_is_whole_days_or_weeks_up_to_ten_years(text):
    with pytest.raises(ValueError, match="must be a time in days or weeks"):
        horizon_days(text)


def test_every_key_is_described_and_stands_in_the_example():
    example = example_toml()

    for row in describe():
        assert row.meaning.endswith("."), row.key
        assert f"\n{row.key.split('.')[1]} = " in example.replace("\n# ", "\n"), row.key


def test_the_example_changes_nothing_as_it_stands(tmp_path):
    defaults = load(tmp_path)

    assert load(tmp_path, example_toml()) == defaults


def test_the_example_with_its_comments_taken_off_shows_a_valid_value_for_every_key(tmp_path):
    lines = example_toml().splitlines()
    keys = [
        line.removeprefix("# ") for line in lines if " = " in line or "[[" in line or line.startswith("[")
    ]

    settings = load(tmp_path, "\n".join(keys))

    assert settings.value.deal == 1000.0
    assert settings.points[0].value == "Referral"
    assert set(tomllib.loads("\n".join(keys))) >= {"targets", "time", "grades", "points"}
