"""The bot's main job, done once by itself against a running demo, over HTTP as people do it."""
