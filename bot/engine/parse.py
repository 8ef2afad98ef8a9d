"""Parses texts with a trained model: one JSON string a line in, one `{"intent", "confidence"}` a line out."""

import asyncio
import json
import logging
import sys

from rasa.core.agent import load_agent

__all__ = ["main"]


async def main(model: str) -> None:
    """Reads standard input to its end; answers in order."""
    agent = await load_agent(model_path=model)
    for line in sys.stdin:
        parsed = await agent.parse_message(json.loads(line))
        intent = parsed["intent"]
        sys.stdout.write(json.dumps({"intent": intent["name"], "confidence": round(intent["confidence"], 4)}) + "\n")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(main(sys.argv[1]))
