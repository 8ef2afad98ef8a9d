"""The `isee` command line."""
