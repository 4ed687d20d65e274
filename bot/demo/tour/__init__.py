"""The main job of the bot, done once by itself against a running demo, over HTTP as people do it."""
