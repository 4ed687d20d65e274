"""The web process: `gunicorn wsgi:app`."""

import sys

from bot.runtime import Runtime
from bot.settings import SettingsError
from handlers.app import create_app

try:
    app = create_app(Runtime.from_environment())
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(3)  # gunicorn's code for "failed to boot": it stops instead of trying again
