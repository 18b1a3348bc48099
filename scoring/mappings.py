"""Which column of a file is which column of the contract: by the user's word, its CRM, or its header."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from scoring.contract import CONTRACTS, LEADS, Contract
from scoring.crm_formats import FORMATS, Format
from scoring.errors import SettingsError
from scoring.headers import CONTRACT, header_key
from scoring.stages import ALL_STAGES
from scoring.words import fold

_EVENT_HEADERS: Final[Mapping[str, str]] = {
    "lead_id": "lead id|contact id|record id|prospect id|lead number|lead no|mql id|customer id"
    "|リードid|リード番号|コンタクトid|見込み客id|顧客id|顧客番号|会員番号",
    # the time of an event, whatever its table calls it
    "occurred_at": "occurred at|occurred|assigned|time|timestamp|date|datetime|date time"
    "|event time|event date|activity date"
    "|日時|日付|発生日時|発生日|実施日時|実施日|活動日時|活動日"
    "|割り当て日時|割当日時|割り当て日|担当開始日",
    "recorded_at": "recorded|logged at|記録日時|記録日|入力日時",
    "event_id": "activity id|touch id|イベントid|活動id",
    "property": "property name|field|field event|プロパティ|プロパティー|項目|項目名",
    "value": "new value|値|新しい値|変更後|変更後の値",
    "kind": "type|event|event type|activity type|種別|種類|活動種別|活動の種類",
    "campaign": "campaign name|キャンペーン|キャンペーン名|施策|施策名",
    "rep": "sales rep|owner|assigned to|agent|担当|担当者|営業担当|営業担当者|所有者",
    "channel": "チャネル|手段|接触手段",
    "connected": "reached|つながった|接続|通話成立",
    "automatic": "auto|automated|自動|自動送信",
    "stage": "ステージ|段階|フェーズ",
    "amount": "deal amount|金額|受注金額|商談金額",
    "currency": "通貨",
    "reason": "lost reason|closed lost reason|理由|失注理由",
    "month": "年月|月",
    "cost": "spend|amount spent|費用|コスト|広告費",
}
_WHEN = tuple(_EVENT_HEADERS["occurred_at"].split("|"))
_OF_EVENTS = {key: name for name, keys in _EVENT_HEADERS.items() for key in keys.split("|")}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the headers and words of a team's files mean.

    Parameters
    ----------
    format : str
        The CRM that they come from; one of ``FORMATS``.
    headers : mapping of str to (mapping of str to str)
        By table, the names that the user gives to columns.
    stages : mapping of str to str
        Words for stages, folded: those of the CRM and the user's.
    """

    format: str = "csv"
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, format_name: str = "csv", document: Mapping[str, Any] | None = None, file: str = "") -> Self:
        """What a format means, and a mapping that the user wrote.

        Parameters
        ----------
        format_name : str
            One of ``FORMATS``.
        document : mapping, optional
            A table per table of the contract, ``"Header" = "name"``, and ``[stages]``, ``"word" = "stage"``.
        file : str
            What the mapping is called in messages.

        Raises
        ------
        SettingsError
            If a table, a column or a stage does not exist.

        Examples
        --------
        >>> Meaning.of("csv", {"stages": {"Closed Won": "won"}}, "m.toml").stages
        {'closed won': 'won'}
        """
        headers = dict(document or {})
        stages = headers.pop("stages", {})
        for table, names in headers.items():
            _check_names(table, names, file)
        words = {fold(word): stage for word, stage in _texts(stages, "stages", file).items()}
        for stage in words.values():
            if stage not in ALL_STAGES:
                near = _nearest(stage, ALL_STAGES)
                raise SettingsError(
                    f"{file}, [stages]: '{stage}' must be one of {', '.join(ALL_STAGES)}.{near}"
                )
        return cls(format_name, headers, {**FORMATS[format_name].stages, **words})

    @property
    def preset(self) -> Format:
        """What is known of the CRM."""
        return FORMATS[self.format]

    def constants(self, table: str) -> Mapping[str, str]:
        """What holds for every row of a table."""
        return self.preset.constants.get(table, {})


@dataclass(frozen=True, slots=True)
class Named:
    """The columns of a file under their names.

    Parameters
    ----------
    columns : mapping of str to str
        Column of the contract to its header.
    properties : mapping of str to str
        Property of leads to its header.
    unused : tuple of str
        Headers that stand for nothing in the contract.
    """

    columns: Mapping[str, str]
    properties: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    def without(self, headers: Iterable[str]) -> Named:
        """The same without some columns as properties."""
        taken = set(headers)
        return replace(
            self, properties={name: own for name, own in self.properties.items() if own not in taken}
        )


def name_columns(contract: Contract, headers: Sequence[str], meaning: Meaning, file: str) -> Named:
    """Which header of a file stands for what.

    The user's word goes first, then the CRM's, then a header that is a name of the contract, then the headers
    that are commonly used for one; of two headers for one name, the first.  What is left over of a list of
    leads are properties under their own names.

    Raises
    ------
    SettingsError
        If the user names a header that the file does not have, or two columns would have one name.

    Examples
    --------
    >>> name_columns(LEADS, ["Record ID", "Create Date", "予算"], Meaning(), "leads.csv").properties
    {'予算': '予算'}
    """
    stated = meaning.headers.get(contract.name, {})
    for header in stated:
        if header not in headers:
            raise SettingsError(
                f"--mapping, [{contract.name}]: {file} has no column '{header}'.{_nearest(header, headers)}"
            )
    given: dict[str, str] = {}
    for header, name in _claims(contract, headers, stated, meaning):
        if name not in given and header not in given.values():
            given[name] = header
        elif stated.get(header) == name and given.get(name) != header:
            raise SettingsError(f"--mapping, [{contract.name}]: two columns of {file} would be '{name}'.")
    known = {column.name for column in contract.columns}
    columns = {name: header for name, header in given.items() if name in known}
    left = tuple(header for header in headers if header not in given.values())
    if contract is not LEADS:
        return Named(columns, unused=left)
    properties = {name: header for name, header in given.items() if name not in known}
    for header in left:
        if header in given:
            raise SettingsError(
                f"Two columns of {file} would be '{header}': '{given[header]}' and '{header}'. "
                'Name one of them otherwise with --mapping M.toml, [leads] "Header" = "name".'
            )
        properties[header] = header
    return Named(columns, properties)


def _claims(
    contract: Contract, headers: Sequence[str], stated: Mapping[str, str], meaning: Meaning
) -> Iterator[tuple[str, str]]:
    """Header and the name that it claims, the strongest claims first."""
    names = _names_of(contract)
    crm = meaning.preset.headers.get(contract.name, {})
    common = CONTRACT if contract is LEADS else {**_OF_EVENTS, **dict.fromkeys(_WHEN, contract.time)}
    yield from stated.items()
    free = [header for header in headers if header not in stated]
    yield from ((header, crm[header_key(header)]) for header in free if header_key(header) in crm)
    yield from ((header, header) for header in free if header in names)
    by_key = {header_key(name): name for name in names}
    yield from ((header, by_key[header_key(header)]) for header in free if header_key(header) in by_key)
    for header in free:
        name = common.get(header_key(header))
        if name in names:
            yield header, name


def _names_of(contract: Contract) -> tuple[str, ...]:
    """The names that the contract knows in a table."""
    own = tuple(column.name for column in contract.columns)
    return tuple(dict.fromkeys((*own, *CONTRACT.values()))) if contract is LEADS else own


def _check_names(table: str, names: object, file: str) -> None:
    """Tables and columns that exist."""
    if table not in CONTRACTS:
        known = (*CONTRACTS, "stages")
        raise SettingsError(f"{file}: [{table}] must be one of {', '.join(known)}.{_nearest(table, known)}")
    allowed = _names_of(CONTRACTS[table])
    for header, name in _texts(names, table, file).items():
        if table != LEADS.name and name not in allowed:
            raise SettingsError(
                f"{file}, [{table}]: '{header}' must be one of {', '.join(allowed)}, got '{name}'."
                f"{_nearest(name, allowed)}"
            )


def _texts(document: object, table: str, file: str) -> Mapping[str, str]:
    """Lines of text on both sides."""
    if not isinstance(document, Mapping) or not all(
        isinstance(value, str) and value for value in document.values()
    ):
        raise SettingsError(f'{file}, [{table}] must hold lines like "Header" = "name".')
    return document


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""
