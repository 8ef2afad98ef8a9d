"""What the gateway asks before the dialogue engine: is this the value that an e-form waits for?

If so, the value is sealed and only an opaque reference goes on. A set command about the form ("quay lại", "để sau")
becomes its intent; what is evidently something else (a question, another wish) is left to the engine. Decided by
the type asked first, by word lists (`words.yml`) second.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Protocol

from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.moves import AGAIN, KEEP
from actions.dossiers.eforms.naming import named_path, only_names_a_field
from actions.dossiers.eforms.pending import Entered, Kind, Pending
from actions.dossiers.eforms.speech import Speech
from actions.dossiers.eforms.values import Ambiguous, Doubtful, Texts, Value, plain
from common.errors import Conflict, InvalidInput
from common.identifiers import BULLET, find, mask

__all__ = ["CARD", "CARD_READ", "LOGIN_CODE", "SAMPLE", "SKIP", "Captured", "CardPhotos", "Intake"]

SKIP = "__skip__"
SAMPLE = "__sample__"
# The card's QR code is wanted; it was read (`actions.companion.aids` goes on from there).
CARD, CARD_READ = "__card__", "__card_read__"
# Followed by the code of a login that was finished in another browser.
LOGIN_CODE = "__login_code__:"
# Consent is taken back, which is more than giving up the form: `actions.rights` says what it means.
WITHDRAW = "__withdraw__"
_DIGIT_TYPES = {"personal_id", "phone", "date", "number", "email"}
_FREE_TYPES = {"name", "address", "text"}
# Types whose readers pick a value out of a longer text, so that questions must be told apart first.
_WORDS_FIRST = _FREE_TYPES | {"date", "number", "commune", "choice"}
# Typed to look like a button's payload; the gateway takes the sting out of it.
# What `Pending.expect` calls an open trial, and the buttons of a form.
_TRIAL = "trial"
# The same for the question which answer to change.
_MENU = "menu"
_STEERING = {
    "inform_field", "skip", "go_back", "edit_field", "give_consent", "refuse_consent", "confirm_submit", "cancel",
    "pause_form", "resume_form",
}
_FORGED = re.compile(r"^\s*/[A-Za-z_]+\s*(?:\{|$)")
_INFORM = re.compile(r"^/inform_field\s*(\{.*\})\s*$", re.DOTALL)


@dataclass(frozen=True)
class Captured:
    """`intent_message` for the engine; `transcript` is what may be shown and stored."""

    intent_message: str
    transcript: str


class CardPhotos(Protocol):
    """`actions.dossiers.identity.scans`: photos of identity cards, which are no attachments."""

    def expected(self, conversation_id: str, draft_id: str) -> bool: ...

    def read(self, conversation_id: str, draft_id: str, photo: bytes) -> None: ...


class LoginCodes(Protocol):
    """`actions.dossiers.identity.logins`: whether the code of a login is awaited."""

    def awaits_code(self, conversation_id: str) -> bool: ...


class Afterwards(Protocol):
    """`actions.dossiers.supplement_chat`: what a dossier that was submitted already waits for."""

    def capture(self, conversation_id: str, text: str) -> Captured | None: ...

    def capture_upload(self, conversation_id: str, filename: str, content: bytes) -> Captured | None: ...


class Intake:
    """Captures answers, uploads and PINs."""

    def __init__(
        self, drafts: DraftService, pending: Pending, uploads: Uploads, speech: Speech, texts: Texts,
        cards: CardPhotos | None = None, logins: LoginCodes | None = None,
    ) -> None:
        self.pending = pending
        self.uploads = uploads
        self._drafts = drafts
        self._speech = speech
        self._texts = texts
        self._cards = cards
        self._logins = logins
        self.afterwards: Afterwards | None = None
        drafts.practice.on_change = self._note_trial

    def expect_pin(self, conversation_id: str, dossier_code: str) -> None:
        """The conversation was asked for the PIN of `dossier_code`."""
        self.pending.expect_pin(conversation_id, dossier_code)

    def capture(
        self, conversation_id: str, text: str | None = None, payload: str | None = None, client: str = "",
    ) -> Captured | None:
        """The answer sealed, or None when nothing is awaited or the message is something else.

        `client` says who calls; a PIN takes it along, so that wrong ones are counted by caller.
        """
        if payload is not None:
            return self._payload(conversation_id, payload) or self._lost_trial(conversation_id, payload)
        if not text or not text.strip() or _FORGED.match(text):
            return None
        code = self.pending.expected_pin(conversation_id)
        if code:
            captured = self._pin(conversation_id, code, text, client)
            if captured:
                return captured
            if self._speech.lacks_pin(text) and not any(char.isdigit() for char in text):
                return Captured('/track_dossier{"act":"pin_lost"}', text.strip())
        draft = self._drafts.active(conversation_id)
        if draft is None:
            lost = None if self._speech.is_question(text) else self._lost_trial(conversation_id)
            return lost or (self.afterwards.capture(conversation_id, text) if self.afterwards else None)
        if draft.practice:
            self._note_trial(conversation_id, True)
        code = self._login_code(draft, text)
        if code:
            return self._captured(draft, "choice", f"{LOGIN_CODE}{code}", self._texts.render("transcript.login_code"))
        if self._menu_open(conversation_id):
            return self._from_menu(draft, text)
        answer = self._answer(draft, draft.field, text) if draft.field else None
        if answer and draft.elsewhere:
            return self._shown_again(draft)
        return answer or self._command(draft, text)

    def take(self, conversation_id: str, ref: str) -> Entered | None:
        """What `ref` stood for, once (`Pending.take`), in practice as well."""
        return self._drafts.practice.take(conversation_id, ref) or self.pending.take(conversation_id, ref)

    def form_open(self, conversation_id: str) -> bool:
        """Whether a form is being filled in here; it may have ended on its page, unseen by the dialogue engine."""
        return self._drafts.is_open(conversation_id)

    def capture_upload(self, conversation_id: str, filename: str, content: bytes) -> Captured:
        """The file checked and stored encrypted. Raises InvalidInput or TooLarge for an unusable file, Conflict
        when no file is asked for."""
        draft = self._drafts.active(conversation_id)
        if draft is None and self.afterwards:
            captured = self.afterwards.capture_upload(conversation_id, filename, content)
            if captured:
                return captured
        if draft and self._is_card(draft):
            self._cards.read(conversation_id, draft.id, content)  # type: ignore[union-attr]  # _is_card looked
            return self._captured(draft, "choice", CARD_READ, self._texts.render("transcript.card"))
        if draft is None or draft.field is None or draft.field.type != "file":
            raise Conflict(self._texts.render("eform.upload.not_asked"))
        upload = self.uploads.check(filename, content, draft.field.accept)
        # In practice the check is the lesson; the file goes nowhere.
        file_id = upload.name if draft.practice else self.uploads.store(conversation_id, upload)
        kind = upload.name.rpartition(".")[2]
        return self._captured(draft, "file", file_id, self._line(draft.field, self._texts.render(
            "transcript.file", kind=kind)))

    def _is_card(self, draft: Draft) -> bool:
        """Whether a photo that comes now is of the identity card that was asked for."""
        if self._cards is None or draft.practice or draft.field is None or draft.field.type == "file":
            return False
        return self._cards.expected(draft.conversation_id, draft.id)

    def show_menu(self, conversation_id: str) -> None:
        """The citizen was asked which answer to change: the next text is no answer to the form's question."""
        self.pending.expect(conversation_id, _MENU)

    def _menu_open(self, conversation_id: str) -> bool:
        """Whether that question stands open; it is closed by being looked at."""
        is_open = self.pending.expects(conversation_id, _MENU)
        if is_open:
            self.pending.unexpect(conversation_id, _MENU)
        return is_open

    def _from_menu(self, draft: Draft, text: str) -> Captured | None:
        """The answer named, by its label or in "sửa …"; anything else that isn't a command or a question would be put
        into the wrong place, so the question which answer is meant stays.
        """
        named = named_path(draft, text)
        if not named and (self._speech.is_other(text) or self._speech.route(text, draft.stage)):
            return self._command(draft, text)
        shown = text.strip() if named and only_names_a_field(draft, text) else self._texts.render(
            "transcript.command.edit_field")
        return Captured(f"/edit_field{json.dumps({'field': named}) if named else ''}", shown)

    def _payload(self, conversation_id: str, payload: str) -> Captured | None:
        self._menu_open(conversation_id)
        match = _INFORM.match(payload.strip())
        if match is None:
            return None
        try:
            entities = json.loads(match[1])
        except ValueError:
            return None
        choice = entities.get("choice") if isinstance(entities, dict) else None
        draft = self._drafts.active(conversation_id)
        if not isinstance(choice, str) or draft is None:
            return None
        if draft.elsewhere:
            return self._shown_again(draft)
        labels = {c.value: c.label for c in [*draft.options, *(draft.field.choices if draft.field else [])]}
        labels |= {"yes": self._texts.render("eform.yes"), "no": self._texts.render("eform.no")}
        shown = labels.get(choice, self._texts.render("transcript.chosen"))
        answers = draft.field if not choice.startswith("__") else None  # else it is about the form, not an answer
        return self._captured(draft, "choice", choice, self._line(answers, shown))

    def _login_code(self, draft: Draft, text: str) -> str:
        """Six digits while a login waits for its code; "" for anything else."""
        digits = re.sub(r"[\s.\-]", "", text)
        if self._logins is None or draft.practice or not re.fullmatch(r"[0-9]{6}", digits):
            return ""
        return digits if self._logins.awaits_code(draft.conversation_id) else ""

    def _note_trial(self, conversation_id: str, on: bool) -> None:
        (self.pending.expect if on else self.pending.unexpect)(conversation_id, _TRIAL)

    def _lost_trial(self, conversation_id: str, payload: str = "") -> Captured | None:
        """An answer to a trial that a restart ended: dropped, and the citizen is told. None where there was no trial,
        or a button leads elsewhere.
        """
        for_the_form = not payload or payload.strip("/").partition("{")[0] in _STEERING
        trial_is_on = self._drafts.practice.get(conversation_id) is not None
        if not for_the_form or trial_is_on or not self.pending.expects(conversation_id, _TRIAL):
            return None
        self._note_trial(conversation_id, False)
        return Captured('/practise_form{"act":"lost"}', self._texts.render("transcript.trial_lost"))

    def _shown_again(self, draft: Draft) -> Captured:
        """Answers came in on the page since this chat last asked, so what is said now belongs to a question that is
        over. It is dropped, and the question that is open is shown."""
        self._drafts.note(draft.conversation_id, self._texts.render("eform.elsewhere"))
        return Captured("/resume_form", self._texts.render("transcript.elsewhere"))

    def _answer(self, draft: Draft, field: EField, text: str) -> Captured | None:
        typed = plain(text)
        reader = self._drafts.reader
        if draft.doubtful and (reader.agrees(text, KEEP) or reader.declines(text, AGAIN)):
            return self._captured(draft, "text", text, text.strip())
        if not field.required and field.type != "boolean" and self._speech.skips(typed):
            return self._captured(draft, "choice", SKIP, text.strip())
        other = self._speech.is_other(text)
        if field.type in _WORDS_FIRST and (other or any(m.kind == "dossier_code" for m in find(text))):
            return None
        try:
            value = reader.read(field, text, self._drafts.today(), draft.options)
        except (Ambiguous, Doubtful):
            return self._captured(draft, "text", text, self._line(field, self._texts.render("transcript.given")))
        except InvalidInput:
            if other or (field.type not in _FREE_TYPES and _is_sentence(field, typed)):
                return None
            return self._captured(draft, "text", text, self._line(field, self._texts.render("transcript.invalid")))
        return self._captured(draft, "text", text, self._line(field, self._masked(field, value)))

    def _command(self, draft: Draft, text: str) -> Captured | None:
        """A command about the open form, which here can be told for certain.

        What follows its first words may be a value ("sửa tên thành …"), so the text itself is kept only where every
        word of it belongs to a set phrase or to the label of a field.
        """
        intent = self._speech.route(text, draft.stage)
        if intent is None or find(text):
            return None
        if intent == WITHDRAW:
            return Captured('/refuse_consent{"act":"withdraw"}', text.strip())
        if intent == CARD:
            wanted = self._cards is not None and not draft.practice
            return self._captured(draft, "choice", CARD, text.strip()) if wanted else None
        named = named_path(draft, text) if intent == "edit_field" else ""
        entities = json.dumps({"field": named}) if named else ""
        known = self._speech.is_set_phrase(text, draft.stage) or only_names_a_field(draft, text)
        shown = text.strip() if known else self._texts.render(f"transcript.command.{intent}")
        return Captured(f"/{intent}{entities}", shown)

    def _pin(self, conversation_id: str, code: str, text: str, client: str) -> Captured | None:
        """Four digits, or the whole personal id; other digits are a wrong PIN; words are not one."""
        if any(match.kind == "dossier_code" for match in find(text)):
            return None
        digits = re.sub(r"[\s.\-]", "", text.strip())
        if not re.fullmatch(r"[0-9]{1,16}", digits):
            spelt = re.findall(r"(?<!\d)\d{4}(?!\d)", text)
            if self._speech.is_other(text) or len(spelt) != 1 or len(text.split()) > 10:
                return None
            digits = spelt[0]
        ref = self.pending.put(conversation_id, "pin", digits, code, client)
        return Captured(f'/provide_pin{{"ref":"{ref}"}}', self._texts.render("transcript.pin"))

    def _captured(self, draft: Draft, kind: Kind, text: str, transcript: str) -> Captured:
        if draft.practice:
            ref = self._drafts.practice.hold(draft.conversation_id, kind, text)
        else:
            ref = self.pending.put(draft.conversation_id, kind, text)
        return Captured(f'/inform_field{{"eform_input":"{ref}"}}', transcript)

    def _line(self, field: EField | None, shown: str) -> str:
        return f"[{field.label}: {shown}]" if field else shown

    def _masked(self, field: EField, value: Value) -> str:
        """What the stored transcript says: a choice's label, initials, a masked number; else that it was noted."""
        if field.type in ("choice", "boolean"):
            return value.display
        if field.type == "name":
            return " ".join(word[0] + BULLET * 3 for word in value.display.split())
        if field.type in ("personal_id", "phone", "email"):
            return mask(value.display)
        return self._texts.render("transcript.given")


def _is_sentence(field: EField, typed: str) -> bool:
    """Whether an unusable answer is too long to be a slip and so belongs to the dialogue engine."""
    words = typed.split()
    if field.type in _DIGIT_TYPES:
        return len(words) >= 3 and not any(char.isdigit() for char in typed)
    return len(words) >= (3 if field.type == "file" else 6)
