"""Channels that citizens reach the gateway through."""
