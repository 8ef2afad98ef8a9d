"""Zalo Official Account: events in, messages out, tokens, and people who answer in Zalo's own tool.

Marks such as [H] or [L] in this package are the confidence of a fact about the platform: high, medium, low. Whatever
is [L] stands behind a setting, or has a fallback.
"""
