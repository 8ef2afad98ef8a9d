"""From a question to a guide's facts: resolve, choose, compose."""
