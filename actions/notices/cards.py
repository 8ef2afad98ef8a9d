"""Notices, reminders and next steps as replies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from actions.answers.buttons import payload
from actions.messages import Messages
from actions.notices.next_steps import Guides, next_steps
from actions.notices.reminders import Reminder
from actions.notices.renewals import By, Renewal, load_renewals
from actions.notices.renewing import Outcome, Renewals
from common.clock import to_local, utc_now
from common.links import Links
from common.messages import Button, Reply, Status
from common.settings import Settings

__all__ = ["KIND", "NoticeCards"]

KIND = "notices"
_LINK_LIFE = timedelta(hours=12)
# A conversation on the web rarely lives on a device for longer.
_FAR = timedelta(days=180)
_TITLE = 80


class NoticeCards:
    """Builds replies from the catalogue; intents of buttons are those of `domain.yml`."""

    def __init__(self, texts: Messages, settings: Settings, links: Links, mails: bool) -> None:
        self.texts = texts
        self._settings = settings
        self._links = links
        self._mails = mails

    def ask(self, code: str = "") -> Reply:
        """Whether to tell of changes: asked once, after a submission, and on request."""
        key = "consent.ask" if code else "consent.ask_any"
        quiet = self._settings.quiet_hours.replace("-", "–")
        buttons = [
            self._button("on", payload("set_notices", act="on")), self._button("no", payload("set_notices", act="no"))]
        return self.say(key, buttons, code=code, mail=self._mails, quiet=quiet)

    def say(self, key: str, buttons: Sequence[Button] = (), **values: object) -> Reply:
        return Reply(text=self.texts.render(key, **values), status=Status.CONTROL, buttons=list(buttons))

    def chosen(self, conversation_id: str, act: str) -> Reply:
        """What was chosen, with the way back."""
        if act == "on":
            buttons = [self._button("off", payload("set_notices", act="off")), self.manage(conversation_id)]
            return self.say("choice.on", buttons)
        buttons = [self._button("on", payload("set_notices", act="on"))]
        return self.say("choice.off" if act == "off" else "choice.declined", buttons)

    def manage(self, conversation_id: str) -> Button:
        """The page of the conversation's notices."""
        return Button(title=self.texts.render("button.manage"), url=self.address(conversation_id))

    def address(self, conversation_id: str) -> str:
        token = self._links.make(KIND, conversation_id, _LINK_LIFE)
        return f"{self._settings.base_url}/notices/{token}"

    def which_paper(self) -> Reply:
        buttons = [
            Button(title=_title(renewal.name), payload=payload("remind_me", item=name))
            for name, renewal in load_renewals().items()
        ]
        return self.say("renewal.which", [*buttons, self._button("list", payload("remind_me", act="list"))])

    def consent(self, item: str, stopped: bool = False) -> Reply:
        """The rule with its source, what would be kept, and the ways to agree."""
        renewal = load_renewals()[item]
        what = self.texts.render(f"renewal.what.{'either' if len(renewal.by) > 1 else renewal.by[0]}")
        text = self.texts.render(
            "renewal.consent", rule=renewal.rule.rstrip("."), sources=_sources(renewal), name=renewal.name, what=what)
        if stopped:
            text = f"{self.texts.render('renewal.stopped')}\n\n{text}"
        agree = [
            self._button(by if len(renewal.by) > 1 else "agree", payload("remind_me", item=item, act=by))
            for by in renewal.by
        ]
        refuse = self._button("refuse", payload("remind_me", act="no"))
        return Reply(text=text, status=Status.CONTROL, buttons=[*agree, refuse])

    def date(self, item: str, by: By, key: str = "ask") -> Reply:
        """Asks for the date; `key` names another sentence before it."""
        asked = self.texts.render(f"renewal.ask.{by}", name=load_renewals()[item].name)
        return Reply(text=asked if key == "ask" else self.texts.render(f"renewal.{key}"), status=Status.CONTROL)

    def outcome(self, conversation_id: str, item: str, by: By, outcome: Outcome, now: datetime | None = None) -> Reply:
        """What became of the wish; the exact date stays on the page, since it may tell a birthday."""
        renewal = load_renewals()[item]
        if outcome.status != "set" or outcome.at is None:
            how = [Button(
                title=_title(renewal.name), payload=payload("ask_overview", procedure_code=renewal.procedure))]
            return self.say(
                f"renewal.{outcome.status}", how if renewal.procedure else [], name=renewal.name, todo=renewal.todo)
        buttons = [
            self._button("list", payload("remind_me", act="list")), self.manage(conversation_id)]
        return self.say(
            "renewal.set", buttons, name=renewal.name, month=f"{to_local(outcome.at):%m/%Y}",
            spared=by == "birth", far=outcome.at > (now or utc_now()) + _FAR)

    def listed(self, conversation_id: str, renewals: Renewals, reminders: Sequence[Reminder], cancel: bool) -> Reply:
        """The reminders there are, each with a button that takes it back."""
        if not reminders:
            return self.say("renewal.empty", [self._button("add", payload("remind_me", act="add"))])
        buttons = [
            Button(
                title=_title(self.texts.render("button.cancel", name=renewals.called(reminder))),
                payload=payload("remind_me", act="drop", item=reminder.id))
            for reminder in reminders[:8]
        ]
        text = self.texts.render("renewal.listed", lines=[renewals.line(reminder) for reminder in reminders])
        if cancel:
            text = f"{text}\n\n{self.texts.render('renewal.cancel_which')}"
        return Reply(text=text, status=Status.CONTROL, buttons=[*buttons, self.manage(conversation_id)])

    def next_steps(self, guides: Guides, code: str, name: str) -> Reply:
        """What may follow on a procedure, each with its reason and a button."""
        steps = next_steps(guides, code)
        key = "next.none" if not steps else "next.intro" if steps[0].follows else "next.related"
        buttons = [
            Button(title=_title(step.name), payload=payload("ask_overview", procedure_code=step.code))
            for step in steps
        ]
        return Reply(
            text=self.texts.render(key, name=name, steps=steps), status=Status.ANSWERED, buttons=buttons)

    def _button(self, name: str, value: str) -> Button:
        return Button(title=self.texts.render(f"button.{name}"), payload=value)


def _title(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"[:_TITLE]


def _sources(renewal: Renewal) -> str:
    return "; ".join(f"{source.article} {source.title} số {source.number}" for source in renewal.sources)
