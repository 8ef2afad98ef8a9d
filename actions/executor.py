"""The action server inside the service: every action registered once, called through `POST /actions`."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import ActionExecutor

from actions.answers import Answerer
from actions.companion.dialogue import build_actions as build_dossier_actions
from actions.dialogue import build_actions
from actions.services import Services
from common.language import speaking

__all__ = ["SlimExecutor", "build_executor"]


class SlimExecutor(ActionExecutor):
    """An executor that works without the domain, which the engine leaves out of each call (endpoints.yml)."""

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any]:
        return payload.get("domain") or {}

    async def run(self, action_call: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Runs the action in the language that the gateway noted on the citizen's message."""
        message = (action_call.get("tracker") or {}).get("latest_message") or {}
        with speaking((message.get("metadata") or {}).get("language") or "vi"):
            return await super().run(action_call, *args, **options)


def build_executor(services: Services, answerer: Answerer | None = None) -> ActionExecutor:
    """All actions of domain.yml over `services`. Share `answerer` with the gateway to build its parts once."""
    executor = SlimExecutor()
    answerer = answerer or Answerer(services)
    for action in (*build_actions(services, answerer), *build_dossier_actions(services, answerer)):
        executor.register_action(action)
    return executor
