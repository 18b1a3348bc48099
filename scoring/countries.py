"""Countries as forms and exports name them, in English and Japanese: one level each."""

from __future__ import annotations

from scoring.words import fold

_TABLE = """
Japan|jp|jpn|日本|日本国|nippon
United States|us|usa|u.s.|u.s.a.|united states of america|america|アメリカ|アメリカ合衆国|米国
United Kingdom|gb|gbr|uk|u.k.|great britain|england|scotland|wales|イギリス|英国
Germany|de|deu|deutschland|ドイツ
France|fr|fra|フランス
Italy|it|ita|italia|イタリア
Spain|es|esp|españa|スペイン
Portugal|pt|prt|ポルトガル
Netherlands|nl|nld|the netherlands|holland|オランダ
Belgium|be|bel|ベルギー
Switzerland|ch|che|スイス
Austria|at|aut|österreich|オーストリア
Sweden|se|swe|スウェーデン
Norway|no|nor|ノルウェー
Denmark|dk|dnk|デンマーク
Finland|fi|fin|フィンランド
Ireland|ie|irl|アイルランド
Poland|pl|pol|polska|ポーランド
Czechia|cz|cze|czech republic|チェコ
Hungary|hu|hun|ハンガリー
Romania|ro|rou|ルーマニア
Greece|gr|grc|ギリシャ
Turkey|tr|tur|türkiye|turkiye|トルコ
Russia|ru|rus|russian federation|ロシア
Ukraine|ua|ukr|ウクライナ
Israel|il|isr|イスラエル
United Arab Emirates|ae|are|uae|u.a.e.|アラブ首長国連邦
Saudi Arabia|sa|sau|サウジアラビア
Qatar|qa|qat|カタール
Kuwait|kw|kwt|クウェート
Bahrain|bh|bhr|バーレーン
Oman|om|omn|オマーン
Egypt|eg|egy|エジプト
South Africa|za|zaf|南アフリカ
Nigeria|ng|nga|ナイジェリア
Kenya|ke|ken|ケニア
Ghana|gh|gha|ガーナ
Uganda|ug|uga|ウガンダ
Tanzania|tz|tza|タンザニア
India|in|ind|bharat|インド
Pakistan|pk|pak|パキスタン
Bangladesh|bd|bgd|バングラデシュ
Sri Lanka|lk|lka|スリランカ
Nepal|np|npl|ネパール
China|cn|chn|prc|people's republic of china|中国|中華人民共和国
Hong Kong|hk|hkg|香港
Taiwan|tw|twn|台湾
South Korea|kr|kor|korea|republic of korea|korea, republic of|韓国|大韓民国
Singapore|sg|sgp|シンガポール
Malaysia|my|mys|マレーシア
Indonesia|id|idn|インドネシア
Thailand|th|tha|タイ
Vietnam|vn|vnm|viet nam|ベトナム
Philippines|ph|phl|the philippines|philippines|フィリピン
Australia|au|aus|オーストラリア|豪州
New Zealand|nz|nzl|ニュージーランド
Canada|ca|can|カナダ
Mexico|mx|mex|méxico|メキシコ
Brazil|br|bra|brasil|ブラジル
Argentina|ar|arg|アルゼンチン
Chile|cl|chl|チリ
Colombia|co|col|コロンビア
Peru|pe|per|ペルー
"""
COUNTRIES: dict[str, str] = {
    fold(name): line.split("|")[0] for line in _TABLE.strip().splitlines() for name in line.split("|")
}


def country(text: str) -> str:
    """One name for a country however it is written; a country outside the table keeps its own spelling.

    Examples
    --------
    >>> country("JP"), country("日本"), country("Japan"), country("Wakanda")
    ('Japan', 'Japan', 'Japan', 'Wakanda')
    """
    return COUNTRIES.get(fold(text), text)
