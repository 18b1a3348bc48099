"""How a text file is written, told from its first bytes."""

import codecs

import pytest

from scoring.errors import DataError, SettingsError
from scoring.parse import detect_delimiter, detect_encoding, read_dialect

JAPANESE = (
    "会社名,役職,備考\n"
    + "株式会社山田商店,部長,展示会で名刺交換。来週お電話ください\n髙橋工業,主任,資料請求①\n" * 5
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16-le", "utf-16-be", "euc_jp"])
def test_the_encoding_of_japanese_text_is_told(encoding):
    text = JAPANESE if encoding != "euc_jp" else JAPANESE.replace("髙", "高").replace("①", "1")
    dialect = read_dialect(text.encode(encoding), "leads.csv")
    assert (codecs.lookup(dialect.encoding), dialect.names[0]) == (codecs.lookup(encoding), "会社名")


@pytest.mark.parametrize(
    ("mark", "encoding", "told"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
    ],
)
def test_a_byte_order_mark_decides_and_is_no_part_of_the_first_name(mark, encoding, told):
    dialect = read_dialect(mark + JAPANESE.encode(encoding), "leads.csv")
    assert (dialect.encoding, dialect.names) == (told, ("会社名", "役職", "備考"))


def test_half_width_kana_are_cp932():
    assert detect_encoding("ﾅﾏｴ,ｶｲｼｬ\nｽｽﾞｷ,ﾔﾏﾀﾞｼｮｳﾃﾝ\n".encode("cp932"), "leads.csv") == "cp932"


def test_western_text_is_told_from_japanese():
    text = "nome,cidade\nJosé,São Paulo\nConceição,Goiânia\nÂngela,Brasília\n" * 5
    assert read_dialect(text.encode("cp1252"), "leads.csv").encoding == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16-le"])
def test_a_sample_may_end_inside_a_character(encoding):
    sample = JAPANESE.encode(encoding)[:-3]
    assert read_dialect(sample, "leads.csv", complete=False).names == ("会社名", "役職", "備考")


def test_the_user_names_the_encoding():
    assert read_dialect(JAPANESE.encode("cp932"), "leads.csv", encoding="Shift_JIS").encoding == "cp932"


def test_an_unknown_encoding_is_refused():
    with pytest.raises(SettingsError, match="--encoding 'klingon' is unknown"):
        read_dialect(b"a,b\n1,2\n", "leads.csv", encoding="klingon")


def test_a_wrong_encoding_is_refused():
    with pytest.raises(DataError, match=r"leads.csv is not written in utf-8"):
        read_dialect(JAPANESE.encode("cp932"), "leads.csv", encoding="utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told(delimiter):
    assert detect_delimiter(f"a{delimiter}b\n1{delimiter}2\n") == delimiter


def test_decimal_commas_do_not_make_a_comma_file():
    assert detect_delimiter("a;b\n" + "1,5;2,5\n" * 20) == ";"


def test_commas_in_text_do_not_outvote_tabs():
    assert detect_delimiter("a\tb\nx, y, z\t1\nx\t2\nx, y\t3\n") == "\t"


def test_rows_wrapped_in_quotes_do_not_hide_the_delimiter():
    assert detect_delimiter('a,b,c\n"1,2,3"\n"1,2,3"\n4,5,6\n4,5,6\n') == ","


def test_one_column_of_addresses_has_no_odd_delimiter():
    assert detect_delimiter("email\na@b.co\nc@d.co\n") == ","


def test_a_line_that_states_the_delimiter_is_obeyed():
    dialect = read_dialect(b"sep=;\r\na;b\r\n1;2\r\n", "leads.csv")
    assert (dialect.delimiter, dialect.header_row, dialect.names) == (";", 2, ("a", "b"))


def test_names_are_trimmed_and_gaps_and_repetitions_are_renamed_and_said():
    dialect = read_dialect(b' a ,"b\n c",,a,a_2\n1,2,3,4,5\n', "leads.csv")
    assert dialect.names == ("a", "b c", "column_3", "a_3", "a_2")
    assert dialect.notes == (
        "Column 3 has no name; it is read as 'column_3'.",
        "The header names 'a' more than once; column 4 is read as 'a_3'.",
    )


def test_a_header_wrapped_in_quotes_is_unwrapped_and_said():
    dialect = read_dialect(b'"a,b"\n1,2\n3,4\n', "leads.csv")
    assert dialect.names == ("a", "b")
    assert "unwrapped" in dialect.notes[0]


def test_a_file_with_every_row_in_quotes_is_refused():
    with pytest.raises(DataError, match=r"Every row of leads.csv is wrapped in quotes"):
        read_dialect(b'"a,b"\n"1,2"\n', "leads.csv")


@pytest.mark.parametrize("first", ["1,2,3", "a@b.co,Web,x", "2026-01-01,5,x"])
def test_a_file_without_a_header_is_refused(first):
    with pytest.raises(DataError, match="looks like data, not like column names"):
        read_dialect(f"{first}\n1,2,3\n".encode(), "leads.csv")


@pytest.mark.parametrize("sample", [b"", b"\n\n", b" \r\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_is_refused(sample):
    with pytest.raises(DataError, match=r"leads.csv is empty"):
        read_dialect(sample, "leads.csv")


def test_a_blank_first_row_is_refused():
    with pytest.raises(DataError, match=r"first row of leads.csv is blank"):
        read_dialect(b",,\n1,2,3\n", "leads.csv")


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        (b"PK\x03\x04....", "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0....", "an old Excel workbook"),
        (b"PAR1....", "a Parquet file"),
        (b"\x00\x01\x00\x00\x02\x00\x00\x00", "not a text file"),
    ],
)
def test_other_kinds_of_files_are_named(sample, kind):
    with pytest.raises(DataError, match=kind):
        read_dialect(sample, "leads.csv")
