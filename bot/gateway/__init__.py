"""Conversations: ownership, ordering, idempotency, masking, answer statuses."""
