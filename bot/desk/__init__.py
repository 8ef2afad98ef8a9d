"""The agent desk: who waits for a person, who answers, and what both sides are told.

A **case** (`tables.DeskCaseRow`) is one stay of a conversation with people, from the request to its return. The fence
(`fence.py`) is the one door through which a person speaks; `room.py` puts the parts together for the service.
"""
