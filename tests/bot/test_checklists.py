"""Checklists over HTTP: the widget's routes and the page of a link, with and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from knowledge_base.model import Guide, Origin
from tests.bot.serving import Running, Talk, serving

BIRTH = "1.001193"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        # The service loads them in the background; what comes later would count as a change made by a test.
        service.context.knowledge_base.load_shipped()
        yield service


def make(talk: Talk, *cases: str, unsure: tuple[str, ...] = (), code: str = BIRTH) -> dict[str, Any]:
    body = {"procedure_code": code, "cases": list(cases), "unsure": list(unsure)}
    answer = talk.running.http.post(f"{talk.path}/checklists", json=body, headers=talk.headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def path_of(made: dict[str, Any]) -> str:
    return "/checklists/" + made["url"].rpartition("/")[2]


def test_made_listed_and_ticked(running: Running, talk: Talk) -> None:
    made = make(talk, "cha_me_da_ket_hon", "uy_quyen", unsure=("mang_thai_ho",))
    assert made["complete"] and made["changed_on"] is None and made["fee"] and made["time"]
    assert [case["id"] for case in made["cases"]] == ["cha_me_da_ket_hon", "uy_quyen"]
    assert [item["condition"] for item in made["items"] if item["condition"]] == ["Mang thai hộ"]
    item = made["items"][0]
    ticks = f"{talk.path}/checklists/{made['id']}/ticks"
    ticked = running.http.post(ticks, json={"item": item["item"], "ticked": True}, headers=talk.headers).json()
    assert ticked["left"] == made["left"] - 1 and ticked["items"][0]["ticked"]
    [listed] = running.http.get(f"{talk.path}/checklists", headers=talk.headers).json()["checklists"]
    assert {**listed, "url": ""} == {**ticked, "url": ""}


def test_what_is_wrong_is_said(running: Running, talk: Talk) -> None:
    post = running.http.post
    lists = f"{talk.path}/checklists"
    for body, status, said in (
        ({"procedure_code": "9.999999"}, 404, "Không có thủ tục"),
        ({"procedure_code": BIRTH}, 422, "cần chọn một trường hợp"),
        ({"procedure_code": BIRTH, "cases": ["lạ"]}, 422, "không có trường hợp"),
        ({"procedure_code": BIRTH, "cases": ["cha_me_da_ket_hon", "bo_roi"]}, 422, "chỉ chọn được một"),
        ({"procedure_code": BIRTH, "cases": "x"}, 422, ""),
    ):
        answer = post(lists, json=body, headers=talk.headers)
        assert answer.status_code == status and said in answer.json()["detail"], answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    made = make(talk, "cha_me_da_ket_hon")
    ticks = f"{lists}/{made['id']}/ticks"
    assert post(ticks, json={"item": "nichts", "ticked": True}, headers=talk.headers).status_code == 404
    other = running.open()
    stolen = f"{other.path}/checklists/{made['id']}/ticks"
    body = {"item": made["items"][0]["item"], "ticked": True}
    assert post(stolen, json=body, headers=other.headers).status_code == 404
    assert post(ticks, json=body).status_code == 401
    assert running.http.get(lists, headers=other.headers).status_code == 401


def test_the_page_ticks_without_javascript(running: Running, talk: Talk) -> None:
    made = make(talk, "cha_me_da_ket_hon", "uy_quyen", "khong_giay_chung_sinh")
    path = path_of(made)
    shown = running.http.get(path)
    assert shown.status_code == 200
    for said in (f"Còn {len(made['items'])} giấy tờ", "Nhờ người khác đi làm", "Mở trên điện thoại", "<svg", BIRTH,
                 "kiểm tra ngày", "Nơi nộp", "Lệ phí", *(item["name"] for item in made["items"])):  # fmt: skip
        assert said in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer" and "noindex" in shown.headers["x-robots-tag"]
    keys = re.findall(r'name="item" value="(\w+)"', shown.text)
    assert keys == [item["item"] for item in made["items"]]
    after = running.http.post(path, data={"item": keys[:2]}, follow_redirects=True)
    assert after.text.count("checked") >= 2 and f"Còn {len(keys) - 2} giấy tờ" in after.text
    assert "Anh/chị đã đủ giấy tờ." in running.http.post(path, data={"item": keys}, follow_redirects=True).text
    none = running.http.post(path, follow_redirects=True)
    assert f"Còn {len(keys)} giấy tờ" in none.text


def test_questions_are_answered_anew_on_the_page(running: Running, talk: Talk) -> None:
    made = make(talk, "cha_me_da_ket_hon", unsure=("uy_quyen",))
    path = path_of(made)
    shown = running.http.get(path).text
    assert "Nếu nhờ người khác đi làm" in shown and "Cha mẹ bé đã đăng ký kết hôn chưa ạ?" in shown
    form = {"ask0": "bo_roi", "ask1": "", "ask2": "unsure", "ask3": ""}
    after = running.http.post(f"{path}/cases", data=form, follow_redirects=True).text
    assert "Trẻ bị bỏ rơi" in after and "Nếu mang thai hộ" in after and "Nếu nhờ người khác" not in after
    # A question left out counts as not known; an impossible answer is refused as a page.
    left_out = running.http.post(f"{path}/cases", data={"ask0": "bo_roi"}, follow_redirects=True)
    assert "Nếu nhờ người khác" in left_out.text
    refused = running.http.post(f"{path}/cases", data={**form, "ask0": ""})
    assert refused.status_code == 422 and "cần chọn một trường hợp" in refused.text


def test_several_answers_on_the_page(running: Running, talk: Talk) -> None:
    path = path_of(make(talk, "dang_di_lam", code="1.014166"))
    form = {"ask0": "dang_di_lam", "ask1": ["duong_thai", "me_mat"]}
    after = running.http.post(f"{path}/cases", data=form, follow_redirects=True).text
    assert "Nghỉ dưỡng thai; Mẹ mất sau khi sinh" in after


def test_a_changed_guide_is_said_until_seen(running: Running, talk: Talk) -> None:
    made = make(talk, "dung_han", code="1.000656")
    assert "Hướng dẫn đã thay đổi" not in running.http.get(path_of(made)).text
    kb = running.context.knowledge_base
    changed = Guide.model_validate({**kb.get("1.000656").guide.model_dump(), "summary": "Mới."})
    kb.publish(changed, Origin.CURATED, author="t", reason="t")
    [listed] = running.http.get(f"{talk.path}/checklists", headers=talk.headers).json()["checklists"]
    assert listed["changed_on"] and listed["guide_version"] == made["guide_version"] + 1
    shown = running.http.get(path_of(made)).text
    assert "Hướng dẫn đã thay đổi từ ngày" in shown
    after = running.http.post(f"{path_of(made)}/seen", follow_redirects=True)
    assert after.status_code == 200 and "Hướng dẫn đã thay đổi" not in after.text


def test_links_that_open_nothing_and_posts_from_elsewhere(running: Running, talk: Talk) -> None:
    path = path_of(make(talk, "cha_me_da_ket_hon"))
    for wrong in ("/checklists/x", path[:-4], f"/checklists/{'a' * 500}", "/checklists/%00"):
        answer = running.http.get(wrong)
        assert answer.status_code in (404, 422) and "<h1>" in answer.text
    foreign = running.http.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    token = running.context.dossiers.links.make("dossier", "H49-261122-0001", timedelta(hours=1))
    assert running.http.get(f"/checklists/{token}").status_code == 404


def test_erasing_the_conversation_takes_the_page_with_it(running: Running, talk: Talk) -> None:
    made = make(talk, "cha_me_da_ket_hon")
    running.context.dossiers.checklists.erase(talk.id)
    gone = running.http.get(path_of(made))
    assert gone.status_code == 404 and "không còn" in gone.text
