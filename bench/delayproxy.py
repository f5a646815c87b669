"""A TCP relay that adds a round-trip time and limits nothing else; run as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from functools import partial

_BLOCK = 1 << 18
# What may be on its way in one direction of a connection: a gigabit per second over 250 ms.
_IN_FLIGHT_BLOCKS = 128


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Pass on what comes in, each block `delay` seconds after it came."""
    loop = asyncio.get_running_loop()
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_IN_FLIGHT_BLOCKS)

    async def deliver() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                due, block = await on_the_way.get()
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                if not block:
                    break
                writer.write(block)
                await writer.drain()
            writer.close()

    async with asyncio.TaskGroup() as both:
        delivery = both.create_task(deliver())
        block = b"begin"
        while block and not delivery.done():
            try:
                block = await reader.read(_BLOCK)
            except ConnectionError:
                block = b""
            await on_the_way.put((loop.time() + delay, block))


async def _relay(port: int, delay: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port, limit=_BLOCK)
    await asyncio.gather(_carry(reader, server_writer, delay), _carry(server_reader, writer, delay))


async def serve(port: int, round_trip: float) -> None:
    """Relay to a local port until the process is ended; print the port to connect to.

    Args:
        port: Where the server listens.
        round_trip: Seconds, half of them each way.
    """
    server = await asyncio.start_server(partial(_relay, port, round_trip / 2), "127.0.0.1", 0, limit=_BLOCK)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - read by who has started this
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Relay to a local port with a round-trip time.")
    parser.add_argument("port", type=int)
    parser.add_argument("round_trip", type=float, help="seconds")
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(chosen.port, chosen.round_trip))
