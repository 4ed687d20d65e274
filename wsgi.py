"""The web process: `gunicorn wsgi:app`."""

import sys
from pathlib import Path

from bot.runtime import Runtime
from bot.settings import SettingsError
from handlers.app import create_app
from handlers.commands import measuring

try:
    app = create_app(Runtime.from_environment())
except SettingsError as error:
    by_flask = "flask" in Path(sys.argv[0]).parts[-2:]  # the command, or python -m flask
    if by_flask and "evaluate" in sys.argv[1:]:
        app = measuring()
    else:
        print(error, file=sys.stderr)
        sys.exit(3)  # gunicorn's code for "failed to boot": it stops instead of trying again
