"""Words that invented people and companies are made of, each as written and in Latin letters."""

from __future__ import annotations

from typing import Final

PLACES: Final = (
    "北斗 hokuto,青葉 aoba,みなと minato,大和 yamato,東邦 toho,三栄 sanei,光洋 koyo,富士見 fujimi,"
    "桜井 sakurai,清水 shimizu,朝日 asahi,若葉 wakaba,日之出 hinode,西海 saikai,南星 nansei,"
    "白鳥 hakucho,緑川 midorikawa,常盤 tokiwa,高砂 takasago,千歳 chitose,瑞穂 mizuho,豊田 toyoda,"
    "鶴見 tsurumi,松風 matsukaze,明星 myojo,旭 kyokujitsu,共栄 kyoei,協和 kyowa,新光 shinko,中央 chuo,"
    "平和 heiwa,太洋 taiyo,富岳 fugaku,金剛 kongo,銀河 ginga,港北 kohoku,山手 yamate,川端 kawabata,"
    "浜松 hamamatsu,天竜 tenryu,霧島 kirishima,阿蘇 aso,石狩 ishikari,最上 mogami,利根 tone,多摩 tama,"
    "琵琶 biwa,淀川 yodogawa,室町 muromachi,本郷 hongo,サンライズ sunrise,ネクスト next,アーク arc,"
    "ブリッジ bridge,フロンティア frontier,コスモ cosmo,リンクス links,オリーブ olive,ソレイユ soleil,"
    "テラ terra"
)
# The last word is the position of the industry.
TRADES: Final = (
    "製作所 works 0,工業 kogyo 0,精機 seiki 0,化学 chem 0,食品 foods 0,電機 denki 0,"
    "システムズ systems 1,ソフト soft 1,テクノロジー tech 1,データ data 1,商事 shoji 2,物産 bussan 2,"
    "商店 shoten 2,建設 kensetsu 3,工務店 komuten 3,設備 setsubi 3,キャピタル capital 4,"
    "保険サービス hoken 4,メディカル medical 5,ケア care 5,運輸 unyu 6,ロジスティクス logi 6,"
    "コンサルティング consul 7,サービス service 7,プランニング planning 7,学園 gakuen 8"
)
SURNAMES: Final = (
    "佐藤 sato,鈴木 suzuki,高橋 takahashi,田中 tanaka,伊藤 ito,渡辺 watanabe,山本 yamamoto,"
    "中村 nakamura,小林 kobayashi,加藤 kato,吉田 yoshida,山田 yamada,佐々木 sasaki,山口 yamaguchi,"
    "松本 matsumoto,井上 inoue,木村 kimura,林 hayashi,斎藤 saito,清水 shimizu,山崎 yamazaki,森 mori,"
    "池田 ikeda,橋本 hashimoto,阿部 abe,石川 ishikawa,山下 yamashita,中島 nakajima,石井 ishii,"
    "小川 ogawa,前田 maeda,岡田 okada,長谷川 hasegawa,藤田 fujita,後藤 goto,近藤 kondo,村上 murakami,"
    "遠藤 endo,青木 aoki,坂本 sakamoto,福田 fukuda,太田 ota,西村 nishimura,藤井 fujii,金子 kaneko,"
    "岡本 okamoto,中野 nakano"
)
GIVEN: Final = (
    "太郎 taro,健太 kenta,大輔 daisuke,翔太 shota,拓也 takuya,直樹 naoki,誠 makoto,浩二 koji,"
    "隆 takashi,亮 ryo,学 manabu,純一 junichi,和也 kazuya,哲也 tetsuya,雄介 yusuke,花子 hanako,"
    "美咲 misaki,愛 ai,由美 yumi,恵 megumi,陽子 yoko,彩 aya,真由美 mayumi,直美 naomi,香織 kaori,"
    "智子 tomoko,裕子 yuko,久美子 kumiko,さくら sakura,遥 haruka,葵 aoi,蓮 ren"
)
FOREIGN: Final = (
    "John Smith,Emily Chen,David Lee,Maria Garcia,Michael Brown,Anna Müller,James Wilson,Linh Nguyen,"
    "Raj Patel,Sophie Martin"
)
