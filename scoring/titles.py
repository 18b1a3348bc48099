"""What a job title says: how far its holder can decide, and in which department; English and Japanese.

The first rule that matches speaks, so the tables run from the highest rank down.
"""

from __future__ import annotations

import re

from scoring.words import fold

_LONGEST = 200
RANKS = ("executive", "vp", "head", "manager", "lead", "staff", "student", "other")

_RANKS: list[tuple[str, str, str]] = [
    # Deputies and assistants carry the title of the one they stand in for, so they come first.
    ("staff", r"(?:executive|personal) assistant|(?:assistant|secretary|ea|pa) (?:to|of) .*", r"秘書"),
    ("manager", r"deputy director|assistant director", r"部長代理|部長補佐|副部長|担当部長"),
    ("lead", r"deputy manager|assistant manager|sub[- ]?manager", r"課長代理|課長補佐|副課長|係長代理"),
    (
        "student",
        r"student|intern|trainee|unemployed|job ?seeker|retired|homemaker|housewife|fresher",
        r"学生|大学生|院生|インターン|主婦|無職|求職|退職",
    ),
    (
        "vp",
        r"s?e?a?vp|vice[- ]president|deputy general manager|dgm",
        r"本部長|事業部長|統括部長|執行役員|局長|本部次長",
    ),
    (
        "executive",
        r"c[a-z]o|chief .*officer|chief executive|founder|co[- ]?founder|owner|president|chair(?:man"
        r"|woman|person)?|partner"
        r"|managing director|principal|proprietor|board|general manager|gm|entrepreneur|ceo.*",
        r"代表|社長|会長|取締役|創業|共同経営|経営者|オーナー|理事|専務|常務|監査役|院長|所長|店主|頭取"
        r"|最高.*責任者",
    ),
    (
        "head",
        r"director|head|dean|country manager|regional manager",
        r"部長|部門長|室長|支社長|支店長|工場長|ディレクター|次長|センター長",
    ),
    (
        "manager",
        r"manager|mgr|supervisor|superintendent|management",
        r"課長|マネージャ|マネジャ|店長|グループ長|グループリーダー|管理職|班長",
    ),
    (
        "lead",
        r"lead|leader|team lead|senior|sr|principal engineer|architect|specialist|expert|professor"
        r"|consultant",
        r"係長|主任|リーダー|主査|主幹|チーフ|シニア|専門|教授|コンサルタント|スペシャリスト|主事",
    ),
    (
        "staff",
        r"associate|assistant|assoc|asst|staff|analyst|engineer|developer|programmer|administrator|admin"
        r"|coordinator"
        r"|representative|rep|executive|officer|clerk|designer|accountant|agent|buyer|planner|researcher"
        r"|teacher|nurse"
        r"|technician|secretary|recruiter|marketer|salesperson|worker|employee|professional"
        r"|freelance[r]?|lecturer",
        r"担当|一般|社員|スタッフ|エンジニア|アシスタント|秘書|職員|事務|営業|研究員|教員|講師"
        r"|デザイナー|プランナー|開発者|平社員|フリーランス",
    ),
]
DEPARTMENTS: list[tuple[str, str, str]] = [
    (
        "it",
        r"it|information (?:technology|systems?)|i\.t\.|ict|systems?|infrastructure|network|security|cio|ciso"
        r"|dev ?ops|sysadmin|dx|database|helpdesk",
        r"情報システム|情シス|システム|IT|ＤＸ|DX|インフラ|ネットワーク|セキュリティ|デジタル",
    ),
    (
        "engineering",
        r"engineer(?:ing)?|developer|development|software|cto|technology|technical|architect|programmer"
        r"|r ?& ?d|research|scientist|data|qa|quality",
        r"開発|技術|エンジニア|研究|品質|設計|プログラマ|データ",
    ),
    (
        "marketing",
        r"marketing|marketer|cmo|brand|growth|content|seo|sem|digital|communications?|pr"
        r"|public relations|demand gen.*",
        r"マーケ|宣伝|広報|販促|ブランド|広告|PR",
    ),
    (
        "sales",
        r"sales|salesperson|account (?:executive|manager)|business development|bdr|sdr|cro|revenue"
        r"|commercial",
        r"営業|セールス|販売|インサイドセールス|事業開発",
    ),
    (
        "hr",
        r"hr|human resources?|people|talent|recruit(?:er|ing|ment)?|chro|training|learning",
        r"人事|採用|労務|人材|教育|研修",
    ),
    (
        "finance",
        r"finance|financial|accounting|accountant|cfo|controller|treasur(?:y|er)|audit(?:or)?|tax|billing",
        r"経理|財務|会計|監査|税務|CFO",
    ),
    (
        "procurement",
        r"procurement|purchas(?:e|ing)|buyer|sourcing|supply chain|logistics|warehouse",
        r"購買|調達|仕入|物流|資材|倉庫",
    ),
    (
        "legal",
        r"legal|counsel|lawyer|attorney|compliance|paralegal",
        r"法務|弁護士|コンプライアンス|知財|知的財産",
    ),
    (
        "support",
        r"support|customer (?:success|service|care)|cs|csm|service desk",
        r"サポート|カスタマー|お客様|コールセンター|ＣＳ|CS",
    ),
    (
        "planning",
        r"strategy|strategic|planning|planner|corporate|transformation|product|project|pmo|program",
        r"経営企画|企画|戦略|事業推進|プロダクト|プロジェクト|改革|DX推進",
    ),
    (
        "operations",
        r"operations?|coo|production|manufacturing|plant|factory|facilit(?:y|ies)|maintenance"
        r"|admin(?:istration)?"
        r"|administrator|office|assistant|secretary|clerk|general affairs",
        r"総務|業務|製造|生産|工場|管理|事務|オペレーション|庶務|秘書",
    ),
    (
        "management",
        r"c[a-z]o|chief .*officer|founder|co[- ]?founder|owner|president|chair(?:man|woman|person)?"
        r"|managing director"
        r"|general manager|partner|entrepreneur|executive",
        r"代表|社長|会長|取締役|経営|役員|オーナー|理事|専務|常務|創業",
    ),
]


def _rules(table: list[tuple[str, str, str]]) -> list[tuple[str, re.Pattern[str]]]:
    """English words stand alone, Japanese ones anywhere."""
    return [
        (name, re.compile(rf"(?<![a-z])(?:{english})(?![a-z])|{japanese.casefold()}"))
        for name, english, japanese in table
    ]


_RANK_RULES = _rules(_RANKS)
_DEPARTMENT_RULES = _rules(DEPARTMENTS)


def job_rank(title: str) -> str:
    """How far the holder of a title can decide, from ``executive`` down to ``staff``.

    Examples
    --------
    >>> job_rank("営業部長"), job_rank("VP of Sales"), job_rank("主任"), job_rank("Florist")
    ('head', 'vp', 'lead', 'other')
    """
    return _first(_RANK_RULES, title)


def job_department(title: str) -> str:
    """The department a title belongs to, ``other`` where it names none.

    Examples
    --------
    >>> job_department("情報システム部 課長"), job_department("Sales Manager"), job_department("CEO")
    ('it', 'sales', 'management')
    """
    return _first(_DEPARTMENT_RULES, title)


def _first(rules: list[tuple[str, re.Pattern[str]]], title: str) -> str:
    """The name of the first rule that a title meets."""
    folded = fold(title[:_LONGEST])
    return next((name for name, rule in rules if rule.search(folded)), "other")
