from pathlib import Path

from knowledge_base.catalogue import catalogue_facts
from knowledge_base.demand import Coverage, check_demand, demand, demand_tiers, phrasing_coverage
from knowledge_base.model import Guide, Level

NAMES = {"1.000001": "Đăng ký kết hôn", "1.000002": "Đăng ký khai tử"}


def write(folder: Path, text: str) -> Path:
    path = folder / "demand.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_list_is_sound():
    assert check_demand({row["code"]: row["name"] for row in catalogue_facts()}) == []
    assert list(demand().values()) == list(range(1, 201))
    tiers = list(demand_tiers().values())
    assert tiers == sorted(tiers)
    assert set(tiers) == {1, 2, 3}


def test_records_that_only_another_province_keeps_are_not_in_demand():
    elsewhere = {row["code"] for row in catalogue_facts() if "Quảng Ninh" not in row.get("province", "Quảng Ninh")}
    assert not elsewhere & demand().keys()


def test_ranks_follow_the_order_of_the_file(tmp_path):
    path = write(
        tmp_path,
        'tier_1:\n  - {code: "1.000002", why: life_event, name: "Đăng ký khai…"}\n'
        'tier_3:\n  - {code: "1.000001", why: local, name: "Đăng ký kết hôn"}\n',
    )
    assert check_demand(NAMES, path) == []
    assert demand(path) == {"1.000002": 1, "1.000001": 2}
    assert demand_tiers(path) == {"1.000002": 1, "1.000001": 3}


def test_each_problem_is_named_with_its_line(tmp_path):
    path = write(
        tmp_path,
        'tier_1:\n  - {code: "1.000001", why: life_event, name: "Đăng ký khai tử"}\n'
        '  - {code: "9.999999", why: life_event, name: "Không có"}\n'
        'tier_2:\n  - {code: "1.000001", why: popular, name: "Đăng ký kết hôn"}\ntier_9: []\n',
    )
    problems = [(problem.line, problem.field, problem.detail) for problem in check_demand(NAMES, path)]
    assert problems == [
        (6, "tier_9", "mục lạ; chỉ dùng tier_1, tier_2, tier_3"),
        (2, "1.000001", "tên phải như trong danh mục (được cắt bớt bằng …): Đăng ký kết hôn"),
        (3, "9.999999", "không có thủ tục mang mã này trong danh mục"),
        (5, "1.000001", "mã đã có ở dòng 2"),
        (
            5,
            "1.000001",
            "lý do phải là một trong: business, commune_desk, life_event, local, project_06, vehicle",
        ),
    ]


def test_a_broken_file_is_a_problem_and_no_demand(tmp_path):
    path = write(tmp_path, "tier_1: [chưa đóng\n")
    assert [problem.file for problem in check_demand(NAMES, path)] == ["demand.yml"]
    assert demand(path) == {}


def test_coverage_counts_questions_by_group(tmp_path):
    path = write(tmp_path, 'tier_1:\n  - {code: "1.999991", why: life_event, name: "Một"}\n')
    many, some = [f"câu {number}" for number in range(12)], [f"câu khác {number}" for number in range(4)]
    guides = [
        Guide(code="1.999991", name="Một", field="Thử", levels=[Level.COMMUNE], questions=many),
        Guide(code="1.999992", name="Hai", field="Thử", levels=[Level.COMMUNE], questions=some),
        Guide(code="1.999993", name="Ba", field="Thử"),
    ]
    assert phrasing_coverage(guides, path) == Coverage(top=1, top_of=1, commune=0, commune_of=1, any=2, any_of=3)
