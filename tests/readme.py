"""What the READMEs show of real runs: `.venv/bin/python -m tests.readme`, which takes a few minutes.

It runs the demo with a fixed day and seed in an empty folder, trains on the flat file of the same company in another
one, asks both models what the READMEs show, and writes `tests/readme.json`, the marked blocks of both READMEs and
their pictures. With the word `write` it runs nothing
and only writes blocks and pictures anew, after a change of a setting or of the words below.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from scoring.feature_words import feature_said, level_said
from scoring.features import Feature
from scoring.io.settings import describe
from scoring.io.store import open_store
from scoring.reasons import Lang
from scoring.scorecard import Scorecard

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "tests" / "readme.json"
READMES = {"en": ROOT / "README.md", "ja": ROOT / "README.ja.md"}
PICTURES = {"en": ROOT / "README.svg", "ja": ROOT / "README.ja.svg"}

FLAT = "models/demo/flat"
LIST = ("--label", "Converted", "--time-column", "created_at", "--target", "won", "--horizon", "90d")
END, ZONE = "2026-10-01", "Asia/Tokyo"
SETTINGS = "models/demo/leadloop.toml"
OUT = {"en": "scored.csv", "ja": "scored.ja.csv"}
LEAD = {
    "lead_id": "lead-1",
    "properties": {"job_title": "部長", "industry": "製造業", "page_views": 9, "minutes_on_site": 31},
}
UNREADABLE = {"lead_id": "lead-1", "properties": {"page_views": "many"}}
VERSION = r"\b20\d{6}-[0-9a-f]{6}\b"
SHOWN_LEADS, SHOWN_BARS = 5, 7
WORDS = {
    "en": {
        "lang": "en",
        "title": "Why lead {lead} is called first: {likelihood}",
        "base": "where every lead starts",
        "rest": "{count} other features",
        "sum": "this lead",
        "missing": "not given",
        "columns": ("rank", "lead_id", "likelihood (90 % interval)", "label", "the strongest reason"),
    },
    "ja": {
        "lang": "ja",
        "title": "リード {lead} に最初に架電する理由：{likelihood}",
        "base": "すべてのリードの出発点",
        "rest": "その他 {count} 項目",
        "sum": "このリード",
        "missing": "未入力",
        "columns": ("順位", "lead_id", "確度（90 % 区間）", "ラベル", "いちばん強い理由"),
    },
}

SETTINGS_HEADER = {
    "en": ("key", "default", "meaning", "environment variable"),
    "ja": ("キー", "既定値", "意味", "環境変数"),
}
SETTINGS_JA = {
    "targets.won": "学習する目標の段階と期間。先頭が主目標。",
    "targets.sql": "学習する目標の段階と期間。先頭が主目標。",
    "time.zone": "時差のない時刻をどのタイムゾーンとして読むか。",
    "grades.a": "このスコア（0～100）以上が A。",
    "grades.b": "このスコア以上が B。A より低くする。",
    "grades.c": "このスコア以上が C。B より低くする。残りは D。",
    "value.deal": "リード自身に金額がない場合の、1 件の受注金額。",
    "value.margin": "金額のうち利益になる割合。期待金額に掛ける。",
    "value.currency": "通貨の書かれていない金額の通貨（ISO 4217）。",
    "reading.missing": "自社のファイルで「不明」を表す言葉。既定の言葉に加える。",
    "reading.max_rejected": "読み取れない行がこの割合を超えたら失敗とみなす。",
    "language.default": "言語を選ばなかった人に使う言語。",
    "serve.host": "API が待ち受けるアドレス。127.0.0.1 と ::1 以外には鍵が必要です。",
    "serve.port": "ポート。0 なら空いているものを使う。",
    "serve.max_body_kib": "受け付ける要求本文の最大サイズ（KiB）。",
    "work.import_folder": "届いたファイル（leads.csv、outcomes.csv など）を取り込むフォルダ。既定ではなし。",
    "work.rescore_hours": "進行中のリードを採点し直すまでの時間。",
    "work.handoff_minutes": "引き渡しを行い、架電リストを作り直すまでの分数。",
    "work.watch_hours": "稼働中のモデルを点検し直すまでの時間。",
    "work.report_hours": "当月と前月の月次レポートを作り直すまでの時間。",
    "work.retrain": "点検が求めたときに学習し直す。稼働させるかどうかは審査が決める。",
    "challenger.shadow": "稼働中のモデルの後に学習した最新のモデルにも採点させる。記録だけして、表示しない。",
    "goal.revenue": "1 か月に受注したい金額。",
    "goal.customers": "1 か月に受注したい件数。金額を決めない場合に使う。",
    "capacity.reps": "営業担当の人数。名前で挙げない場合に使う。",
    "capacity.leads_per_rep": "マーケティングが担当者 1 人に毎月渡すと約束し、担当者が受けられる有望リードの件数。",
    "capacity.touches_per_lead": "1 件のリードに要する接触の平均回数。",
    "capacity.minutes_per_touch": "接触 1 回に要する分数。記録の時間を含む。",
    "capacity.hours_per_rep": "担当者 1 人がリード対応に使える 1 か月の時間。",
    "handoff.target": "引き渡しを決める確度の段階。",
    "handoff.explore": "しきい値に届かないリードに回す、対応余力の割合。",
    "handoff.lead_cost": "1 件のリードに対応する費用。",
    "handoff.acceptance_floor": "引き渡しのうち営業が受け入れる割合の下限。",
    "sla.first_touch_hours": "最初の接触までの営業時間。",
    "sla.touches": "リードに行う接触の回数。自動送信は数えない。",
    "sla.touch_days": "その回数を終えるまでの日数。",
    "sla.warn": "残り時間がこの割合を切ったら「期限間近」とする。",
    "sla.accept_hours": "返事のない引き渡しを受け入れとみなすまでの営業時間。",
    "sla.recycle_days": "断られたリードが再び候補になるまでの日数。",
    "sla.reasons": "営業がリードを断るときの理由。",
    "calendar.opens": "営業開始の時刻。",
    "calendar.closes": "営業終了の時刻。同じ日のうち。",
    "calendar.days": "営業する曜日。",
    "calendar.country": "祝日を休みとする国（ISO 3166）。",
    "calendar.days_off": "そのほかの休業日。",
    "reps.name": "接触や割り当てに記録される担当者名。",
    "reps.leads_per_month": "この担当者が 1 か月に受けられる件数。既定では全員同じ。",
    "reps.away": "不在の期間。この間は割り当てない。",
    "points.property": "対象の列、または pricing_view_30d のように行動を数えた項目。",
    "points.op": "比べ方：is、in（一覧）、at_least、at_most、filled。",
    "points.value": "比べる値。in なら一覧、filled なら不要。",
    "points.points": "与える点数。負の数なら減点。",
    "points.also": "同時に満たすべき二つ目の条件。property、op、value を持つ。",
}


def main() -> None:
    """Run, record, and write."""
    if sys.argv[1:] != ["write"]:
        RECORD.write_text(json.dumps(recorded(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    for lang, path in READMES.items():
        blocks = {**record["shared"], **record[lang], "settings": settings_table(lang)}
        text = named(path.read_text(encoding="utf-8"), record)
        path.write_text(filled(text, blocks), encoding="utf-8")
        PICTURES[lang].write_text(waterfall(record["explained"], WORDS[lang]), encoding="utf-8")


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """The text with each block between its two marks."""
    for name, block in blocks.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marks.sub(lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text)
    return text


def named(text: str, record: Mapping[str, Any]) -> str:
    """The text with the version and the lead of the run in its examples."""
    version = re.search(VERSION, record["shared"]["models"])
    assert version is not None
    text = re.sub(VERSION, version[0], text)
    return re.sub(r"(leadloop explain )\S+(?= --in)", rf"\g<1>{record['listed']}", text)


def recorded() -> dict[str, Any]:
    """Every block in both languages, and the sum of the lead that the demo calls first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        demo, flat = folder / "demo", folder / "flat"
        demo.mkdir()
        of_demo, explained = _of_demo(demo)
        shutil.copytree(demo / FLAT, flat)
        of_list, listed = _of_list(flat)
    parts = {lang: of_demo[lang] | of_list[lang] for lang in ("shared", *WORDS)}
    return {"explained": explained, "listed": listed, **parts}


def _of_demo(folder: Path) -> tuple[dict[str, dict[str, str]], dict[str, Any]]:
    """What the company that has worked with LeadLoop shows: whom it calls first, and whether to believe it."""
    run = _runner(folder)
    told = run("demo", "--no-serve", "--end", END)
    run = _runner(folder, LEADLOOP_CONFIG=str(folder / SETTINGS))
    for lang, out in OUT.items():
        run("score", "--open", "-o", out, "--lang", lang, "--as-of", f"{END}T18:00+09:00")
    rows = {lang: _by_rank(folder / out)[:SHOWN_LEADS] for lang, out in OUT.items()}
    ask = ("explain", rows["en"][0]["lead_id"], "--as-of", f"{END}T18:00+09:00", "--json")
    shared = {"answer": _fenced(_sections(told, "The answer", "Do the likelihoods hold?"))}
    own = {lang: {"first": _table(rows[lang], words["columns"])} for lang, words in WORDS.items()}
    with open_store(f"sqlite:///{folder / 'models' / 'leadloop.db'}") as store:
        card = Scorecard.from_json(store.champion("won").scorecard)
    return {"shared": shared, **own}, _drawn(json.loads(run(*ask)), card)


def _of_list(folder: Path) -> tuple[dict[str, dict[str, str]], str]:
    """What a file with a label gives: the way most begin."""
    run = _runner(folder, LEADLOOP_TIME_ZONE=ZONE)
    run("train", "leads.csv", *LIST, "--promote", "yes")
    said = {
        lang: run("score", "open_leads.csv", "-o", out, "--as-of", END, "--lang", lang)
        for lang, out in OUT.items()
    }
    first = _by_rank(folder / OUT["en"])[0]["lead_id"]
    ask = ("explain", first, "--in", "open_leads.csv", "--as-of", END)
    shared = {"score": _fenced(said["en"]), "models": _fenced(run("models")), **_api(folder)}
    own = {lang: {"explain": _fenced(run(*ask, "--lang", lang))} for lang in WORDS}
    return {"shared": shared, **own}, first


def settings_table(lang: str) -> str:
    """Every key of `leadloop.toml`: name, default, meaning and environment variable."""
    lines = ["| " + " | ".join(SETTINGS_HEADER[lang]) + " |", "|---|---|---|---|"]
    for row in describe():
        meaning = row.meaning if lang == "en" else SETTINGS_JA[row.key]
        default = "" if row.default is None else f"`{_toml(row.default)}`"
        variable = f"`{row.environment}`" if row.environment else ""
        lines.append(f"| `{row.key}` | {default} | {meaning} | {variable} |")
    return "\n".join(lines)


def _toml(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _runner(folder: Path, **settings: str) -> Callable[..., str]:
    def run(*words: str) -> str:
        command = [str(Path(sys.executable).with_name("leadloop")), *words]
        done = subprocess.run(
            command, cwd=folder, env=_environment() | settings, capture_output=True, text=True, check=True
        )
        return done.stdout.replace(f"{folder}/", "").rstrip()

    return run


def _environment() -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("LEADLOOP_")}
    for name in ("DATABASE_URL", "MLFLOW_TRACKING_URI"):
        ours.pop(name, None)
    return {**ours, "COLUMNS": "96", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


def _sections(text: str, *titles: str) -> str:
    """The parts under some titles, of several reports those of the last one."""
    parts = re.split(r"\n\s*\n(?=\S)", text)
    shown = [part.rstrip() for part in parts if part.startswith(titles)][-len(titles) :]
    return "\n\n".join("\n".join(line.rstrip() for line in part.split("\n")) for part in shown)


def _fenced(text: str, kind: str = "text") -> str:
    lines = "\n".join(line.rstrip() for line in text.split("\n")).strip("\n").split("\n")
    return "\n".join([f"```{kind}", *lines, "```"])


def _by_rank(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sorted((row for row in csv.DictReader(file) if row["rank"]), key=lambda row: int(row["rank"]))


def _table(rows: list[dict[str, str]], header: tuple[str, ...]) -> str:
    """The leads to call first, as a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|--:|---|--:|---|---|"]
    for row in rows:
        low, high = (f"{float(row[f'likelihood_{end}']):.0%}" for end in ("low", "high"))
        likelihood = f"{float(row['likelihood']):.0%} ({low}–{high})"
        reason = re.split(r" \| ", row["reasons"])[0].replace("|", "\\|")
        lines.append(f"| {row['rank']} | {row['lead_id']} | {likelihood} | {row['label']} | {reason} |")
    return "\n".join(lines)


def _api(folder: Path) -> dict[str, str]:
    """An answer of the running service, and a refusal."""
    command = [str(Path(sys.executable).with_name("leadloop")), "serve", "--port", "0"]
    server = subprocess.Popen(command, cwd=folder, env=_environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = re.search(r"http://[0-9.]+:[0-9]+", server.stdout.readline())
        assert url is not None
        return {
            "answer-json": _fenced(_lines(_post(url[0], LEAD)), "json"),
            "problem-json": _fenced(_lines(_post(url[0], UNREADABLE)), "json"),
        }
    finally:
        server.terminate()
        server.wait(20)


def _post(url: str, lead: Mapping[str, Any]) -> dict[str, Any]:
    body = json.dumps(lead).encode()
    request = Request(f"{url}/v1/score", body, {"content-type": "application/json"})
    try:
        with urlopen(request, timeout=20) as answer:
            return dict(json.load(answer))
    except HTTPError as error:
        return dict(json.load(error))


def _lines(answer: Mapping[str, Any]) -> str:
    """JSON with a line per key, and per entry of a list."""

    def inner(value: Any) -> str:
        if isinstance(value, list) and value:
            entries = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in value)
            return f"[\n{entries}\n  ]"
        return json.dumps(value, ensure_ascii=False)

    return "{\n" + ",\n".join(f'  "{key}": {inner(value)}' for key, value in answer.items()) + "\n}"


def _drawn(explained: Mapping[str, Any], card: Scorecard) -> dict[str, Any]:
    """What the picture needs: the strongest contributions by name, and the rest as one."""
    parts, rest = explained["parts"][:SHOWN_BARS], explained["parts"][SHOWN_BARS:]
    features = {feature.name: feature for feature in card.features}
    return {
        "lead_id": explained["lead_id"],
        "likelihood": explained["likelihood"],
        "base": explained["base"],
        "names": {
            lang: [_named(features[part["feature"]], part["value"], lang) for part in parts] for lang in WORDS
        },
        "parts": [round(part["contribution"], 6) for part in parts],
        "rest": [len(rest), round(sum(part["contribution"] for part in rest), 6)],
    }


def _named(feature: Feature, value: str | float | None, lang: Lang) -> str:
    """A feature and its value, as people say them."""
    if value is None:
        said = WORDS[lang]["missing"]
    else:
        said = level_said(feature, value, lang) if isinstance(value, str) else f"{value:,.3g}"
    return f"{feature_said(feature, lang)} = {said}"


LEFT, WIDTH, ROW, TOP = 300, 420, 26, 58
UP, DOWN, WHOLE, INK = "#2b6cb0", "#c05621", "#4a5568", "#1a202c"
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98)


def waterfall(explained: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """The sum behind a likelihood as a picture: each bar moves it from where the one above left it."""
    bars = list(_bars(explained, words))
    places = [place for _, start, end, _ in bars for place in (start, end)]
    low, high = min(places) - 0.25, max(places) + 0.45
    scale = WIDTH / (high - low)
    height = TOP + ROW * len(bars) + 14
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {height}" '
        f'width="{LEFT + WIDTH + 20}" font-family="Noto Sans, Noto Sans CJK JP, Hiragino Sans, Yu Gothic, '
        f'sans-serif" font-size="13" fill="{INK}">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(12, 22, words["title"].format(lead=explained["lead_id"], likelihood=f"{explained['likelihood']:.0%}"),
              'font-size="15" font-weight="bold"'),
    ]  # fmt: skip
    for rate in TICKS:
        at = LEFT + (math.log(rate / (1 - rate)) - low) * scale
        if LEFT <= at <= LEFT + WIDTH:
            out += [
                f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 6}" y2="{height - 10}" stroke="#e2e8f0"/>',
                _text(at, TOP - 12, f"{rate:.0%}", 'font-size="11" text-anchor="middle" fill="#4a5568"'),
            ]
    for place, (name, start, end, colour) in enumerate(bars):
        y = TOP + ROW * place
        x, wide = LEFT + (min(start, end) - low) * scale, max(abs(end - start) * scale, 2)
        out += [
            _text(LEFT - 12, y + 15, name, 'text-anchor="end"'),
            f'<rect x="{x:.1f}" y="{y + 2}" width="{wide:.1f}" height="{ROW - 8}" rx="2" fill="{colour}"/>',
        ]
    return "\n".join([*out, "</svg>", ""])


def _bars(explained: Mapping[str, Any], words: Mapping[str, Any]) -> Iterator[tuple[str, float, float, str]]:
    """Name, start, end and colour of each bar, in log-odds."""
    at = explained["base"]
    yield words["base"], at - 0.02, at + 0.02, WHOLE
    count, rest = explained["rest"]
    named = zip(explained["names"][words["lang"]], explained["parts"], strict=True)
    for name, part in [*named, (words["rest"].format(count=count), rest)]:
        yield name, at, at + part, UP if part >= 0 else DOWN
        at += part
    yield words["sum"], at - 0.02, at + 0.02, WHOLE


def _text(x: float, y: float, text: str, more: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" {more}>{escape(text)}</text>'


if __name__ == "__main__":
    main()
