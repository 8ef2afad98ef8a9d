"""The conversation's language follows what the citizen writes; the engine hears what it understands."""

from __future__ import annotations

from tests.bot.serving import Running, Talk


def spoken(talk: Talk) -> str:
    return talk.running.context.store.get(talk.id).language


def test_a_question_in_english_goes_on_as_its_intent(talk: Talk) -> None:
    body = talk.say("How much is a passport?").json()
    assert body["messages"][0]["text"].startswith("nghe: /ask_fee") and body["status"] == "answered"
    assert spoken(talk) == "en"
    assert talk.messages()[1]["text"] == "How much is a passport?"


def test_short_words_and_buttons_keep_the_language_and_vietnamese_takes_it_back(talk: Talk) -> None:
    first = talk.say("Where do I register a birth?").json()
    assert talk.say("ok").json()["messages"][0]["text"].startswith("nghe: vâng")
    talk.send({"payload": first["messages"][0]["buttons"][0]["payload"], "client_id": "button"})
    assert spoken(talk) == "en"
    assert talk.say("le phi bao nhieu").json()["messages"][0]["text"] == "nghe: le phi bao nhieu"
    assert spoken(talk) == "vi"
    assert talk.say("ok").json()["messages"][0]["text"] == "nghe: ok"


def test_control_words_reach_the_dialogue_in_vietnamese_and_the_transcript_as_typed(talk: Talk) -> None:
    talk.say("I want to register a marriage")
    assert talk.say("Can I talk to a person?").json()["status"] == "handed_off"
    assert "Can I talk to a person?" in [message["text"] for message in talk.messages()]


def test_what_is_vietnamese_only_says_so(talk: Talk) -> None:
    talk.say("I want to register a marriage")
    text = talk.say("cancel").json()["messages"][0]["text"]
    assert text == "nghe: hủy" or text.endswith("exists only in Vietnamese.")
    text = talk.say("talk to a person").json()["messages"][0]["text"]
    assert text.endswith("This part exists only in Vietnamese.")


def test_french_and_chinese_are_told_that_the_answer_is_english(talk: Talk) -> None:
    text = talk.say("Combien coûte un passeport ?").json()["messages"][0]["text"]
    assert text.startswith("Je comprends votre question") and "nghe: /ask_fee" in text
    text = talk.say("办护照要多少钱？").json()["messages"][0]["text"]
    assert text.startswith("我能看懂您的问题") and "nghe: /ask_fee" in text
    assert spoken(talk) == "zh"


def test_talk_is_answered_in_english_without_the_engine(running: Running) -> None:
    talk = running.open()
    talk.say("What can I do here, please?")
    answers = {"Hello": "Hello, I am iSee", "thank you very much": "You are welcome", "help": "I can help"}
    for said, start in answers.items():
        body = talk.say(said).json()
        assert body["messages"][0]["text"].startswith(start) and body["status"] == "smalltalk"
    # The help does not offer itself again; a greeting offers it.
    assert "/help" not in [button["payload"] for button in body["messages"][0]["buttons"]]
    again = talk.send({"payload": "/help", "client_id": "menu"}).json()
    assert again["messages"][0]["text"].startswith("I can help")


def test_vietnamese_talk_goes_to_the_dialogue_as_before(talk: Talk) -> None:
    assert talk.say("hello").json()["messages"][0]["text"] == "nghe: hello"
    assert talk.say("thank you").json()["messages"][0]["text"] == "nghe: thank you"


def test_an_error_is_worded_in_the_language_of_the_conversation(talk: Talk) -> None:
    talk.say("How much is a passport?")
    answer = talk.send({"payload": "/ask_never_offered", "client_id": "bad"})
    assert answer.status_code == 422 and answer.json()["detail"].startswith("This choice is not among")
