"""A handful of small guides for search tests."""

from knowledge_base.model import Guide, Level

__all__ = ["GUIDES", "guide"]


def guide(code: str, name: str, *questions: str, level: Level = Level.COMMUNE) -> Guide:
    return Guide(code=code, name=name, field="Thử nghiệm", levels=[level], questions=list(questions))


GUIDES = [
    guide("1.000001", "Thủ tục đăng ký khai sinh", "làm giấy khai sinh cho con mới đẻ"),
    guide("1.000002", "Thủ tục đăng ký kết hôn", "hai đứa muốn cưới thì làm giấy ở đâu"),
    guide("1.000003", "Đăng ký tạm trú", "ở trọ có phải khai với công an không"),
    guide("1.000004", "Cấp giấy phép xây dựng nhà ở riêng lẻ", "xây nhà cấp 4 có phải xin phép không"),
    guide("1.000005", "Trình báo mất hộ chiếu phổ thông (thực hiện tại cấp xã)"),
    guide("1.000006", "Trình báo mất hộ chiếu phổ thông (thực hiện tại cấp tỉnh)", level=Level.PROVINCE),
]
