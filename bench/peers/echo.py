"""Floor for charger connections: a server that only echoes.

It is the same kind of server, reads each frame as JSON and sends one like it back.

`python -m bench.peers.echo PORT`
"""

from __future__ import annotations

import sys

import orjson
import uvicorn
from starlette.types import Receive, Scope, Send

from chargerights.app import SERVER_OPTIONS
from chargerights.serving.configuration import Config
from chargerights.serving.proxies import Proxies
from chargerights.settings import Settings


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
        return
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0]})
    while (event := await receive())["type"] != "websocket.disconnect":
        _, message_id, _, payload = orjson.loads(event["text"])
        await send({"type": "websocket.send", "text": orjson.dumps([3, message_id, payload]).decode()})


if __name__ == "__main__":
    uvicorn.Server(Config(echo, Settings(), Proxies(), port=int(sys.argv[1]), **SERVER_OPTIONS)).run()
