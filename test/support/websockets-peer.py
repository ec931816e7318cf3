"""A chat client by the websockets library: does what it is told on stdin, and says on stdout what came of it.

In and out are one JSON object each; see test/e2e/conformance/python.test.ts.
"""

import asyncio
import json
import sys

import websockets


async def answer(ws, wanted):
    while True:
        frame = json.loads(await ws.recv())
        if wanted(frame):
            return frame


async def copy_of(ws, room):
    frame = await answer(ws, lambda frame: frame["type"] == "chat" and frame.get("room") == room)
    return frame["data"]["content"]


async def echoes(ws, room, texts):
    heard = []
    for text in texts:
        await ws.send(json.dumps({"room": room, "data": {"content": text}}, ensure_ascii=False))
        heard.append(await copy_of(ws, room))
    return heard


def pieces_of(text, size):
    return [text[at : at + size] for at in range(0, len(text), size)]


async def fragmented(ws, room, texts):
    """The library sends what it iterates over as fragments, and an async iterator as it comes."""
    heard = []
    for text in texts:
        message = json.dumps({"room": room, "data": {"content": text}}, ensure_ascii=False)
        pieces = pieces_of(message, max(1, len(message) // 50))
        await ws.send(iter(pieces))
        heard.append(await copy_of(ws, room))

        async def slowly():
            for piece in pieces:
                await asyncio.sleep(0)
                yield piece

        await ws.send(slowly())
        heard.append(await copy_of(ws, room))
    return heard


async def pings(ws):
    """Resolves for a pong with the same payload only; a later pong answers for the pings before it."""
    for payload in (b"", b"x", bytes(range(125))):
        await asyncio.wait_for(await ws.ping(payload), 5)
    waiters = [await ws.ping(b"%d" % n) for n in range(10)]
    await asyncio.wait_for(asyncio.gather(*waiters), 5)
    await ws.pong(b"nobody asked")
    return 13


async def ending(url, act):
    """How a connection ends, as [code, reason]."""
    async with websockets.connect(url) as ws:
        await ws.recv()
        await act(ws)
        try:
            while True:
                await asyncio.wait_for(ws.recv(), 5)
        except websockets.ConnectionClosed:
            return [ws.close_code, ws.close_reason]


async def main(url, room, texts, excess):
    facts = {"version": websockets.__version__ if hasattr(websockets, "__version__") else websockets.version.version}
    async with websockets.connect(url, subprotocols=["soap", "hubbub.v1"], compression="deflate") as ws:
        facts["subprotocol"] = ws.subprotocol
        extensions = ws.extensions if hasattr(ws, "extensions") else ws.protocol.extensions
        facts["extensions"] = [extension.name for extension in extensions]
        facts["welcome"] = json.loads(await ws.recv())["type"]
        await ws.send(json.dumps({"type": "join", "room": room}))
        facts["joined"] = (await answer(ws, lambda frame: frame["type"] == "ack"))["data"]["room"]
        facts["echoes"] = await echoes(ws, room, texts)
        facts["fragmented"] = await fragmented(ws, room, texts)
        facts["pings"] = await pings(ws)
        await ws.close(4321, "bye, 再见")
        facts["closed"] = [ws.close_code, ws.close_reason]
    facts["binary"] = await ending(url, lambda ws: ws.send(b"\x00\x01"))
    facts["tooLong"] = await ending(url, lambda ws: ws.send(excess))
    facts["plainClose"] = await ending(url, lambda ws: ws.close())
    return facts


told = json.load(sys.stdin)
json.dump(asyncio.run(main(**told)), sys.stdout)
