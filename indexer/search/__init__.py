"""Vector index, lexical ranking, fusion and calibration behind one search service."""
