"""`python -m yibao` is the `yibao` command."""

from yibao.interfaces.commands import main

main()
