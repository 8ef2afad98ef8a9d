"""Vietnamese text as citizens type it. Pure functions; Python 3.10, standard library and numpy only."""
