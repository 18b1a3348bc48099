"""What column headers mean: HubSpot's and Salesforce's exports, and plain English and Japanese."""

from __future__ import annotations

import re

from scoring.words import plain

_SEPARATORS = re.compile(r"[\s_\-./:()\[\]#*'\"]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_CONTRACT: dict[str, str] = {
    "lead_id": (
        "lead id|record id|contact id|vid|hs object id|id|lead number|prospect id|mql id|opportunity id"
        "|deal id"
        "|lead no|customer id|リードid|リード番号|コンタクトid|レコードid|顧客id|顧客番号|取引先責任者id"
        "|見込み客id|商談id|会員番号"
    ),
    "created_at": (
        "created at|create date|created date|createdate|created|creation date|date created|created time"
        "|created on"
        "|lead created|lead created date|first contact date|inquiry date|registration date|registered at"
        "|signup date"
        "|作成日|作成日時|登録日|登録日時|リード作成日|獲得日|発生日|受付日|受付日時|問い合わせ日|問合せ日"
        "|お問い合わせ日時|初回接触日"
    ),
    "email": (
        "email|e mail|email address|mail|mail address|work email|business email|メール|メールアドレス"
        "|eメール|e メール"
        "|電子メール|eメールアドレス|会社メールアドレス"
    ),
    "phone": (
        "phone|phone number|telephone|tel|mobile|mobile phone|mobile phone number|cell|cell phone"
        "|work phone|fax"
        "|電話|電話番号|携帯|携帯電話|携帯電話番号|携帯番号|会社電話番号|tel番号|連絡先電話番号|ファックス"
        "|fax番号"
    ),
    "name": (
        "name|full name|first name|last name|firstname|lastname|surname|given name|family name|contact name"
        "|lead name"
        "|contact|person|middle name|salutation name|氏名|名前|お名前|姓|名|苗字|フリガナ|ふりがな"
        "|氏名カナ|姓カナ|名カナ|担当者氏名|リード名"
    ),
    "company": (
        "company|company name|account|account name|organization|organisation|associated company"
        "|company account"
        "|employer|business name|会社|会社名|企業名|法人名|勤務先|取引先|取引先名|所属|所属企業|貴社名"
        "|御社名|組織名|団体名"
    ),
    "job_title": (
        "job title|title|jobtitle|position|role|job role|designation|occupation title|役職|役職名|肩書"
        "|肩書き|職位|職種"
        "|役職 職種"
    ),
    "country": (
        "country|country region|country code|nation|mailing country|ip country|国|国名|国 地域|国コード"
    ),
    "source": (
        "source|lead source|original source|original traffic source|origin|lead origin|traffic source"
        "|channel"
        "|utm source|hs analytics source|latest source|流入元|リードソース|獲得経路|流入経路|チャネル|経路"
        "|参照元|媒体|きっかけ"
    ),
    "campaign": (
        "campaign|campaign name|utm campaign|first campaign|primary campaign source|キャンペーン"
        "|キャンペーン名|施策|施策名"
    ),
    "owner": (
        "owner|lead owner|contact owner|hubspot owner|hubspot owner id|owner name|owner id|assigned to"
        "|sales agent"
        "|sales rep|rep|account owner|opportunity owner|担当|担当者|担当者名|営業担当|営業担当者"
        "|リード所有者|所有者|リード担当者"
        "|コンタクト担当者"
    ),
}
CONTRACT: dict[str, str] = {
    header: name for name, headers in _CONTRACT.items() for header in headers.split("|")
}

TYPES_OF_CONTRACT: dict[str, str] = {
    **{"lead_id": "id", "created_at": "date", "email": "email", "phone": "phone", "name": "text"},
    **{"job_title": "job_title", "country": "country"},
}

_IDENTIFIER = re.compile(
    r"(?:^| )(?:id|ids|uuid|guid|number|no|num|key|code|token|hash)$|id$|番号$|コード$|キー$"
)
_DATE = re.compile(
    r"(?:^| )(?:date|time|datetime|timestamp|day|at|on|birthday|deadline|expires|since|until)(?: |$)|日$"
    r"|日時$|日付|年月日|期限|時刻"
)
_AXES: list[tuple[str, re.Pattern[str]]] = [
    (
        "fit",
        re.compile(
            r"(?:^| )(?:do not|landing page|opt out|opted out|unsubscribe[d]?|preferred|consent)(?: |$)"
            r"|不可|拒否|希望"
        ),
    ),
    (
        "process",
        re.compile(
            r"(?:^| )(?:owner|rep|agent|assigned|assignee|sdr|bdr|sr|salesperson|seller|touch(?:es)?"
            r"|stage|status|phase"
            r"|pipeline|calls?|called|dials?|outreach|follow ?ups?|attempts?|contacted|sequence|cadence"
            r"|opportunity|deal"
            r"|quote|forecast|won|lost|close[d]?|meetings?|handoff|sla|response time|tags?|lead quality"
            r"|disposition)(?: |$)"
            r"|担当|架電|ステージ|フェーズ|商談|対応|進捗|案件|受注|失注|成約|営業|引き渡し|所有者"
            r"|コール|接触回数|アポ"
        ),
    ),
    (
        "engagement",
        re.compile(
            r"(?:^| )(?:visits?|visited|visitor|pages?|pageviews?|views?|viewed|clicks?|clicked|opens?"
            r"|opened|sessions?"
            r"|downloads?|downloaded|webinars?|events?|attended|forms?|submissions?|submitted|activity"
            r"|activities|engagement|engaged"
            r"|time spent|time on|minutes|seconds|duration|logins?|trial|chat|requests?|demo|repl(?:y"
            r"|ies|ied)|bounce[ds]?"
            r"|sends?|delivered|scroll|watched|seen|recency|frequency|visit)(?: |$)"
            r"|訪問|閲覧|開封|クリック|資料|ダウンロード|dl|セミナー|ウェビナー|参加|滞在|ページ|pv"
            r"|セッション|ログイン|問い合わせ|問合せ|お問合"
            r"|アクセス|来訪|行動|最終活動|アクティビティ|視聴|申込|フォーム|返信|配信"
        ),
    ),
]
_AXIS_OF_CONTRACT = {"owner": "process"}


def header_key(header: str) -> str:
    """A header made comparable: small letters, words apart, ``TotalVisits`` and ``total_visits`` alike.

    Examples
    --------
    >>> header_key("TotalVisits"), header_key("total_visits"), header_key("Ｅメール")
    ('total visits', 'total visits', 'eメール')
    """
    return _SEPARATORS.sub(" ", _CAMEL.sub(" ", plain(header))).strip().casefold()


def contract_name(header: str) -> str | None:
    """The column of the ``leads`` table that a header of a CRM export stands for, or None for a property.

    Examples
    --------
    >>> contract_name("Create Date"), contract_name("メールアドレス"), contract_name("予算")
    ('created_at', 'email', None)
    """
    return CONTRACT.get(header_key(header))


def says_identifier(header: str) -> bool:
    """Whether a header promises an identifier: ``mql_id``, ``Lead Number``, ``顧客番号``."""
    return bool(_IDENTIFIER.search(header_key(header)))


def says_date(header: str) -> bool:
    """Whether a header promises a date: ``close_date``, ``created_at``, ``登録日時``."""
    return CONTRACT.get(header_key(header)) == "created_at" or bool(_DATE.search(header_key(header)))


def axis_of(header: str) -> str:
    """Whether a header speaks of who the lead is, what it does or what sales did; ``fit`` if it does not say.

    Examples
    --------
    >>> axis_of("Total Time Spent on Website"), axis_of("架電回数"), axis_of("Industry")
    ('engagement', 'process', 'fit')
    """
    key = header_key(header)
    contract = CONTRACT.get(key)
    if contract:
        return _AXIS_OF_CONTRACT.get(contract, "fit")
    return next((axis for axis, words in _AXES if words.search(key)), "fit")
