"""What moving the thresholds of answering would do, on golden questions and on what citizens asked lately."""

from bot.lab.moving import Effect, Moved, Point, Weighed, curve, effect
from bot.lab.sample import Sample, Sampled

__all__ = ["Effect", "Moved", "Point", "Sample", "Sampled", "Weighed", "curve", "effect"]
