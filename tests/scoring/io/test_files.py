"""Lead lists in and results out: every row comes out or is accounted for."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.errors import DataError
from scoring.io import files
from scoring.io.files import Rejected, open_output, open_table, read_table, write_rejected

TEXT = "会社,役職,備考\n山田商店,部長,来週お電話ください\n髙橋工業,,資料請求①\n"


@pytest.fixture
def leads(tmp_path):
    def write(content, name="leads.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_way_to_write_a_table_gives_the_same_table(leads, encoding, delimiter, newline):
    text = TEXT.replace(",", delimiter).replace("\n", newline)
    read = read_table(leads(text, encoding=encoding))
    assert read.table.to_pylist() == [
        {"会社": "山田商店", "役職": "部長", "備考": "来週お電話ください"},
        {"会社": "髙橋工業", "役職": None, "備考": "資料請求①"},
    ]
    assert (read.numbers.tolist(), read.rejected, read.blank) == ([2, 3], (), 0)


def test_rows_that_do_not_split_are_listed_and_none_of_the_others_is_lost(leads):
    read = read_table(leads('a,b,c\n1,2,3\n"4,5,6"\n7,8\n9,8,7\n"4,5,6"\n1,2,3,4\n5,5,5\n'))
    assert read.table.column("a").to_pylist() == ["1", "9", "5"]
    assert read.numbers.tolist() == [2, 5, 8]
    assert read.rejected == (
        Rejected(3, "The whole row is wrapped in quotes."),
        Rejected(4, "The row has 2 fields, the header has 3."),
        Rejected(6, "The whole row is wrapped in quotes."),
        Rejected(7, "The row has 4 fields, the header has 3."),
    )


def test_blank_rows_are_counted_and_keep_their_numbers(leads):
    read = read_table(leads("a,b\n1,2\n\n,\n3,4\n\n"))
    assert (read.table.num_rows, read.blank, read.numbers.tolist()) == (2, 3, [2, 5])


def test_a_cell_with_line_breaks_is_one_row(leads):
    read = read_table(leads('a,b,c\n1,"x\ny, z\nw",3\n4,5,6\n7\n'))
    assert read.table.column("b").to_pylist() == ["x\ny, z\nw", "5"]
    assert (read.numbers.tolist(), [one.row for one in read.rejected]) == ([2, 3], [4])


@pytest.mark.parametrize("block", [64, 200, 1 << 20])
def test_rows_keep_their_numbers_across_blocks(leads, monkeypatch, block):
    monkeypatch.setattr(files, "_BLOCK", block)
    lines = ["bad" if at % 7 == 0 else "" if at % 11 == 0 else f"{at},x" for at in range(2, 300)]
    with open_table(leads("a,b\n" + "\n".join(lines) + "\n")) as reader:
        pairs = [
            (int(number), cell)
            for batch in reader
            for number, cell in zip(batch.numbers, batch.rows.column("a").to_pylist(), strict=True)
        ]
    assert pairs == [(at, str(at)) for at in range(2, 300) if at % 7 and at % 11]
    assert [one.row for one in reader.rejected] == [at for at in range(2, 300) if at % 7 == 0]
    assert reader.rows + len(reader.rejected) + reader.blank == 298


@pytest.mark.parametrize(
    "row", ['1,"2,3,4', '1,2,3,"4', '"1,2,3,4', '1,2,"3,4'], ids=["second", "last", "first", "third"]
)
@pytest.mark.parametrize("closing", ["", '5,"6",7,8\n'])
def test_a_quote_that_is_never_closed_is_said_and_swallows_nothing(leads, row, closing):
    path = leads("a,b,c,d\n0,0,0,0\n" + row + "\n" + "5,6,7,8\n" * 5 + closing)
    with pytest.raises(DataError, match=r"Row 3 of leads.csv opens a quote"):
        read_table(path)


def test_a_quote_that_is_open_for_longer_than_a_block_is_said(leads, monkeypatch):
    monkeypatch.setattr(files, "_BLOCK", 1000)
    with pytest.raises(DataError, match=r"quote opened at or after row \d+ of leads.csv is never closed"):
        read_table(leads("a,b,c,d\n" + '1,"2,3,4\n' + "5,6,7,8\n" * 1000))


def test_quotes_inside_a_cell_are_text(leads):
    read = read_table(leads('a,b\n5" disk,x\n"say ""hi""",y\n'))
    assert read.table.column("a").to_pylist() == ['5" disk', 'say "hi"']


@pytest.mark.parametrize("later", [b"\xff\xfe", "日本".encode("cp932")])
def test_bytes_that_break_the_guess_late_are_said(leads, monkeypatch, later):
    monkeypatch.setattr(files, "_SAMPLE", 64)
    path = leads("a,b\n日本,1\n".encode() + b"x,1\n" * 100 + later + b",1\n")
    with pytest.raises(
        DataError, match=r"taken for utf-8, but from about row .* Name its encoding with --encoding"
    ):
        read_table(path)


def test_the_first_japanese_text_decides_however_late_it_comes(leads, monkeypatch):
    monkeypatch.setattr(files, "_SAMPLE", 200)
    text = "a,b\n" + "x,1\n" * 500 + "株式会社山田商店の部長,1\n" * 10
    assert read_table(leads(text, encoding="cp932")).table.column("a")[-1].as_py() == "株式会社山田商店の部長"


def test_a_line_that_states_the_delimiter_counts_as_a_row(leads):
    read = read_table(leads("sep=;\r\na;b\r\n1;2\r\n3\r\n5;6\r\n"))
    assert (read.numbers.tolist(), [one.row for one in read.rejected]) == ([3, 5], [4])


def test_only_the_columns_asked_for_come_out(leads):
    read = read_table(leads("a,b,c\n1,2,3\n,,9\n"), columns=["c", "a"])
    assert read.table.to_pylist() == [{"c": "3", "a": "1"}, {"c": "9", "a": None}]


def test_an_absent_column_is_named_with_the_nearest(leads):
    with pytest.raises(DataError, match=r"has no column 'Convertd'. Did you mean 'Converted'"):
        read_table(leads("Converted,b\n1,2\n"), columns=["Convertd"])


@pytest.mark.parametrize("content", ["a,b\n", "a,b", "a,b\r\n\r\n"])
def test_a_header_without_rows_is_refused(leads, content):
    with pytest.raises(DataError, match="holds a header and no rows"):
        read_table(leads(content))


def test_a_missing_file_a_folder_and_another_kind_are_refused(tmp_path, leads):
    with pytest.raises(DataError, match="There is no file"):
        open_table(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        open_table(tmp_path / "folder.csv")
    with pytest.raises(DataError, match=r"suffix must be one of \.csv"):
        open_table(leads("a,b\n1,2\n", name="leads.xlsx"))
    with pytest.raises(DataError, match=r"leads.csv is empty"):
        open_table(leads(""))


def test_parquet_keeps_its_types_and_counts_from_one(tmp_path):
    table = pa.table({"a": [1, 2], "b": ["x", None], "__index_level_0__": [7, 8]})
    pq.write_table(table, tmp_path / "leads.parquet")
    read = read_table(tmp_path / "leads.parquet")
    assert read.table == table.select(["a", "b"])
    assert read.numbers.tolist() == [1, 2]


def test_a_damaged_parquet_file_is_refused(leads):
    with pytest.raises(DataError, match="damaged or no Parquet file"):
        open_table(leads(b"PAR1 nothing", name="leads.parquet"))


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_result_can_be_read_again(tmp_path, name):
    rows = pa.table({"lead_id": ["007", None], "note": ['say "hi",\nthen go', "日本"]})
    with open_output(tmp_path / name, rows.schema) as output:
        for batch in rows.to_batches(max_chunksize=1):
            output.write(batch)
    assert output.rows == 2
    assert read_table(tmp_path / name).table == rows
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_excel_finds_a_byte_order_mark_where_asked(tmp_path):
    with open_output(tmp_path / "out.csv", pa.schema([("会社", pa.string())]), bom=True) as output:
        output.write(pa.table({"会社": ["山田商店"]}))
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_table(tmp_path / "out.csv").table.column("会社").to_pylist() == ["山田商店"]


def fail_after(output):
    output.write(pa.table({"a": ["new"]}))
    raise RuntimeError("power")


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_failure_leaves_the_old_result_and_nothing_else(tmp_path, name):
    (tmp_path / name).write_text("old")
    with (
        pytest.raises(RuntimeError, match="power"),
        open_output(tmp_path / name, pa.schema([("a", pa.string())])) as out,
    ):
        fail_after(out)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "old")]


def test_a_result_of_another_kind_or_in_no_folder_is_refused(tmp_path):
    schema = pa.schema([("a", pa.string())])
    with (
        pytest.raises(DataError, match=r"suffix must be one of \.csv, \.parquet"),
        open_output(tmp_path / "o.xls", schema),
    ):
        pass
    with pytest.raises(DataError, match="cannot be written"), open_output(tmp_path / "no" / "o.csv", schema):
        pass


def test_rejected_rows_are_listed_beside_the_file_in_its_order(tmp_path):
    target = write_rejected(tmp_path / "leads.csv", [Rejected(9, 'has "quotes"'), Rejected(3, "short")])
    assert target == tmp_path / "leads.rejected.csv"
    assert read_table(target).table.to_pylist() == [
        {"row": "3", "reason": "short"},
        {"row": "9", "reason": 'has "quotes"'},
    ]
    assert write_rejected(tmp_path / "leads.csv", []) is None
    assert list(tmp_path.iterdir()) == []
