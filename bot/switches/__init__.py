"""What staff switch off, and what they tell everybody meanwhile."""
