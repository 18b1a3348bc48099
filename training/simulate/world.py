"""The simulated company's world: who its leads are, what moves them, and by how much.

Everything that makes a lead convert stands in this file as a table or a weight, in log-odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Words = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Source:
    """Where leads come from; shares and effects move from the first day to the last, costs are of each campaign."""

    name: str
    first_share: float
    last_share: float
    first_effect: float
    last_effect: float
    yen_per_lead: int
    yen_per_month: int
    channel: str
    campaigns: tuple[str, ...]
    browses: float = 1.0


SOURCES: Final = (
    Source("Webサイト", 0.25, 0.23, 0.2, 0.2, 0, 0, "web", ()),
    Source("展示会", 0.26, 0.16, -0.3, -0.3, 45_000, 0, "event", ("IT総合展", "中小企業DX展"), 0.35),
    Source("紹介", 0.07, 0.08, 1.3, 1.3, 0, 0, "referral", (), 0.6),
    Source(
        "Google広告",
        0.17,
        0.22,
        -0.1,
        -0.1,
        36_000,
        20_000,
        "ads",
        ("ブランド検索", "一般キーワード", "リターゲティング"),
    ),
    Source(
        "Webinar", 0.08, 0.18, 0.7, -0.4, 24_000, 120_000, "webinar", ("入門ウェビナー", "活用事例ウェビナー")
    ),
    Source(
        "資料ダウンロード",
        0.10,
        0.08,
        -0.1,
        -0.1,
        16_000,
        60_000,
        "content",
        ("業務効率化ガイド", "比較チェックリスト"),
    ),
    Source("メールマガジン", 0.05, 0.04, 0.0, 0.0, 2_000, 350_000, "email", ("月刊メール",)),
    Source("テレマーケティング", 0.02, 0.01, -0.6, -0.6, 30_000, 80_000, "phone", ("新規開拓コール",), 0.2),
)


@dataclass(frozen=True, slots=True)
class Persona:
    """A kind of person: how senior, how interested, how likely to use a private address."""

    name: str
    share: float
    ranks: tuple[float, ...]
    interest: float
    free_mail: float


RANKS: Final = ("役員", "部長", "課長", "主任", "担当", "学生", "不明")
RANK_EFFECT: Final = np.array([0.3, 0.5, 0.25, 0.0, -0.3, -1.8, -0.2])
DIRECTOR: Final = RANKS.index("部長")
STUDENT: Final = RANKS.index("学生")

PERSONAS: Final = (
    Persona("決裁者", 0.18, (0.30, 0.50, 0.15, 0.0, 0.0, 0.0, 0.05), 0.15, 0.04),
    Persona("推進担当", 0.34, (0.02, 0.12, 0.36, 0.26, 0.20, 0.0, 0.04), 0.55, 0.05),
    Persona("情報収集", 0.36, (0.02, 0.06, 0.16, 0.22, 0.42, 0.0, 0.12), -0.35, 0.16),
    Persona("学生・個人", 0.12, (0.02, 0.02, 0.04, 0.05, 0.22, 0.45, 0.20), -0.15, 0.60),
)

TITLES: Final = {
    "役員": ("代表取締役", "代表取締役社長", "取締役", "執行役員", "CEO", "COO"),
    "部長": ("部長", "部長", "本部長", "Director", "General Manager"),
    "課長": ("課長", "課長", "マネージャー", "Manager"),
    "主任": ("主任", "係長", "チームリーダー", "Team Lead"),
    "担当": ("担当", "一般社員", "エンジニア", "Staff"),
    "学生": ("学生",),
    "不明": ("",),
}
DEPARTMENTS: Final = (
    "情報システム部",
    "営業部",
    "経営企画部",
    "総務部",
    "マーケティング部",
    "製造部",
    "経理部",
)

INDUSTRIES: Final = (
    ("製造業", 0.3), ("情報通信業", 0.2), ("卸売・小売業", 0.0), ("建設業", -0.1), ("金融・保険業", 0.1),
    ("医療・福祉", -0.3), ("運輸・物流業", 0.15), ("サービス業", 0.0), ("教育", -0.6),
)  # fmt: skip
INDUSTRY_EFFECT: Final = np.array([effect for _, effect in INDUSTRIES])

PREFECTURES: Final = (
    ("東京都", 0.34, "03"), ("大阪府", 0.14, "06"), ("愛知県", 0.10, "052"), ("神奈川県", 0.09, "045"),
    ("福岡県", 0.07, "092"), ("埼玉県", 0.05, "048"), ("兵庫県", 0.05, "078"), ("北海道", 0.04, "011"),
    ("京都府", 0.04, "075"), ("広島県", 0.03, "082"), ("宮城県", 0.03, "022"), ("静岡県", 0.02, "054"),
)  # fmt: skip

PRODUCTS: Final = ("販売管理", "在庫管理", "勤怠管理", "電子契約", "BIツール")
PRODUCT_SHARE: Final = np.array([0.3, 0.2, 0.2, 0.18, 0.12])
LOST_REASONS: Final = ("予算なし", "競合に決定", "時期尚早", "連絡取れず", "要件不一致", "社内都合で中止")
DISQUALIFIED_REASONS: Final = ("学生・個人", "同業他社", "連絡先不明", "対象外の業種")
REPS: Final = (
    "田中 美咲", "鈴木 健太", "高橋 翔", "伊藤 恵", "渡辺 大輔", "山本 彩", "中村 亮", "小林 直樹",
    "加藤 由美", "吉田 誠", "佐々木 遥", "松本 拓也",
)  # fmt: skip

# Japanese budgets end in March: deals are decided before, and August stands still.
MONTH_EFFECT: Final = np.array([0.15, 0.25, 0.25, -0.2, -0.1, 0.0, 0.0, -0.25, 0.05, 0.0, 0.05, -0.1])

SQL_BASE: Final = -2.4
WIN_BASE: Final = -0.25
# Of the leads that are ever won, this share is won within 90 days.
WON_IN_TIME: Final = 0.88


@dataclass(frozen=True, slots=True)
class Chances:
    """The truth about each lead at its creation, which nothing trains on.

    Parameters
    ----------
    sql : array of float
        Probability of ever becoming an SQL.
    win : array of float
        Probability of ever being won once an SQL.
    """

    sql: Numbers
    win: Numbers

    @property
    def won_in_time(self) -> Numbers:
        """Probability of being won within 90 days of creation."""
        return self.sql * self.win * WON_IN_TIME


@dataclass(frozen=True, slots=True)
class Traits:
    """What the truth depends on, per lead, before dirt and delay hide any of it."""

    month: Indices
    elapsed: Numbers
    source: Indices
    industry: Indices
    rank: Indices
    employees: Numbers
    newsletter: Flags
    minutes: Numbers
    pricing_views: Indices
    downloads: Indices
    webinars: Indices


def chances(traits: Traits) -> Chances:
    """Say how likely each lead really is to become an SQL, and then a customer."""
    size = np.tanh((np.log(traits.employees) - np.log(80)) / 1.2)
    seen_prices = traits.pricing_views > 0
    minutes = np.log1p(traits.minutes) - 2.0
    both = seen_prices & (traits.rank == DIRECTOR)
    season = MONTH_EFFECT[traits.month - 1]
    fit = RANK_EFFECT[traits.rank] + INDUSTRY_EFFECT[traits.industry] + 0.45 * size
    sql = (
        SQL_BASE + fit + source_effect(traits.source, traits.elapsed) + season
        + 0.75 * minutes + 0.5 * seen_prices + 0.2 * np.minimum(traits.downloads, 3)
        + 0.25 * np.minimum(traits.webinars, 2) + 0.15 * traits.newsletter + 1.2 * both
    )  # fmt: skip
    win = WIN_BASE + 0.6 * fit + 0.35 * minutes + 0.3 * seen_prices + 0.6 * both + season
    return Chances(_logistic(sql), _logistic(win))


def source_effect(source: Indices, elapsed: Numbers) -> Numbers:
    """Say what a source is worth on its day; webinars lose their worth over the world's time."""
    first = np.array([each.first_effect for each in SOURCES])[source]
    last = np.array([each.last_effect for each in SOURCES])[source]
    return np.asarray(first + (last - first) * elapsed)


def _logistic(log_odds: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
