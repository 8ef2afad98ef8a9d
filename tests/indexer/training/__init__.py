"""Tests of what is learnt."""
