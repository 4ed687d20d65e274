"""A local LINE platform: the outside world of the bot, for trying, testing and load.

It is its own process and imports nothing of the bot. The control API stands in README.md beside
this file.
"""
