from indexer.search.documents import entries_of, plain_name
from indexer.search.types import EntryKind
from tests.indexer.search.guides import guide


def test_plain_name_leaves_out_lead_code_and_level():
    assert plain_name("Thủ tục đăng ký khai sinh") == "đăng ký khai sinh"
    assert plain_name("Khóa căn cước điện tử (thực hiện tại cấp xã)") == "Khóa căn cước điện tử"
    assert plain_name("Tham vấn môi trường (cấp xã) (1.010736)") == "Tham vấn môi trường"


def test_plain_name_of_nothing_but_a_lead_stays():
    assert plain_name("Thủ tục ") == "Thủ tục "


def test_entries_are_distinct_and_open_with_the_name():
    entries = entries_of(guide("1.000001", "Thủ tục đăng ký khai sinh", "Đăng ký khai sinh", "đẻ con  xong làm gì"))
    assert [entry.kind for entry in entries] == [EntryKind.NAME, EntryKind.QUESTION]
    assert entries[1].text == "đẻ con xong làm gì"
