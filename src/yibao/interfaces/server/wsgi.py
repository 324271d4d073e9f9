"""The WSGI application of the whole server: the gateway first, then Django's pages."""

import faulthandler
import gc
import os

from django.core.wsgi import get_wsgi_application

faulthandler.enable()  # a worker that a library ends says where it was
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.interfaces.server.settings")
_pages = get_wsgi_application()

from django.conf import settings  # noqa: E402  # needs Django's apps, which the line above loads

from yibao.interfaces.gateway.wsgi import before_pages  # noqa: E402  # as above

if settings.SANDBOX:  # the only place where faults on demand come in
    from yibao.interfaces.console.faulty import sandboxed

    application = sandboxed(_pages)
else:
    application = before_pages(_pages)

# What was loaded lives as long as the process, and a request leaves few cycles: look for garbage less often.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 50, 50)
