"""Papers given once: who may have a file, what officers verified, what can be used again."""
