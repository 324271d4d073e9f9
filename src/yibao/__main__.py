"""`python -m yibao` is the `yibao` command."""

from yibao.interfaces.commands import main

if __name__ == "__main__":  # a spawned server process imports this file again
    main()
