"""`python -m bot.cli`: the `isee` command without its script."""

from bot.cli.root import main

main()
