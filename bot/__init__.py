"""The core: people, languages, conversations. No Flask; no LINE SDK outside `bot.line`."""

import gc

# Importing makes half a million objects that stay; looking through them took a third of the start.
gc.set_threshold(50_000)
