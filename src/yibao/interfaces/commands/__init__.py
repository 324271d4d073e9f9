"""The `yibao` command; one file per group of commands."""

from yibao.interfaces.commands.main import app, main

__all__ = ["app", "main"]
