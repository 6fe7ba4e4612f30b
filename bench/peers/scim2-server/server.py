"""A service of scim2-server over ASGI, its users in the storage that it brings,
in memory, with its index of what is compared by eq.

server.py PORT TOKEN
"""

import sys

import uvicorn
from scim2_models import UnauthorizedException
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage
from scim2_server.utils import load_default_provider

port, token = sys.argv[1:3]


class Application(ASGIApplication):
    def check_auth(self, request):
        if request.header("Authorization") != f"Bearer {token}":
            raise UnauthorizedException


scim = Application(AsyncInMemoryStorage(), load_default_provider())


async def application(scope, receive, send):
    await scim({**scope, "root_path": "/scim"}, receive, send)


uvicorn.run(application, host="127.0.0.1", port=int(port), log_level="warning",
            access_log=False)
