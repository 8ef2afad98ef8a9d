"""Vietnamese text, sentence encoder, FAISS index, hybrid ranking, calibration, evaluation."""
