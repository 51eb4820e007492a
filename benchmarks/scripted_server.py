"""A model server that follows a script: OpenAI's chat API on a loopback port, without a model behind it.

It says a few tool calls and then submits, whatever the conversation is, and can be told to be slow, to fail, to hang or
to talk nonsense. `ScriptedServer` runs in a thread of this process and keeps what it was asked. Run as a program, or by
`server_process`, it is a process of its own, so that it does not share an interpreter with what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

MODEL = "scripted"
BACKLOG = 4096
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """How the server answers one chat request.

    Attributes:
        status: the HTTP status.
        body: what it says, a JSON value or raw bytes; None for what the scripted model says.
        headers: further headers.
        delay_s: how long it thinks first.
        reset: it cuts the connection instead of answering.
        drip_s: it sends its body one byte at a time, with pauses of this length; a stream, one piece at a time.
        pieces: it sends these as an event stream instead of a body.
        cut: it cuts the connection where the stream would end.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    reset: bool = False
    drip_s: float = 0.0
    pieces: Sequence[bytes] | None = None
    cut: bool = False


@dataclass(frozen=True)
class Request:
    """One chat request as it came: its headers, with lower-case names, and its JSON body."""

    headers: Mapping[str, str]
    body: dict[str, Any]


class ScriptedServer:
    """The server in a thread of its own; a context manager.

    Attributes:
        url: what a client takes as its base URL.
        requests: the chat requests so far, in the order of their arrival.
        open: the connections that are open.
        connections: how many there were so far.
        most_open: how many were open at once at most.
    """

    def __init__(
        self,
        answers: Iterable[Answer] = (),
        *,
        turns: int = 5,
        latency_s: float = 0.0,
        error_rate: float = 0.0,
        models: Any = None,
        port: int = 0,
        record: bool = True,
    ) -> None:
        """Make a server; it listens once it is entered.

        Args:
            answers: how the first chat requests are answered, one each; all later ones follow the rest.
            turns: the scripted model submits in its turn of this number.
            latency_s: how long every answer takes.
            error_rate: share of chat requests that are answered with HTTP 500.
            models: the answer to `GET /models`, or its body; None for a list with the one model.
            port: where to listen; 0 for any free port.
            record: keep the requests.
        """
        self.requests: list[Request] = []
        self.answers = iter(answers)
        self.models = models if models is not None else {"object": "list", "data": [{"id": MODEL, "object": "model"}]}
        self.url = ""
        self.open: set[asyncio.Transport] = set()
        self.connections = self.most_open = 0
        self._turns = turns
        self._latency_s = latency_s
        self._error_rate = error_rate
        self._port = port
        self._record = record
        self._random = random.Random(0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="scripted-server", daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def answer(self, request: Request) -> Answer:
        """Return how a chat request is answered."""
        if self._record:
            self.requests.append(request)
        planned = next(self.answers, None)
        if planned is not None:
            return planned
        if self._error_rate and self._random.random() < self._error_rate:
            return Answer(status=500, body={"error": {"message": "scripted failure"}}, delay_s=self._latency_s)
        return Answer(delay_s=self._latency_s)

    def completion(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return what the scripted model says to a request."""
        said = sum(message["role"] == "assistant" for message in request["messages"])
        tools = {tool["function"]["name"]: tool["function"] for tool in request.get("tools", ())}
        others = [tool for name, tool in tools.items() if name != "submit"]
        tool = tools.get("submit") if said + 1 >= self._turns or not others else others[0]
        message: dict[str, Any] = {"role": "assistant", "content": "" if tool else "I have nothing to call."}
        if tool:
            function = {"name": tool["name"], "arguments": json.dumps(_arguments(tool["parameters"]))}
            message["tool_calls"] = [{"id": f"call_{said}", "type": "function", "function": function}]
        finish = "tool_calls" if tool else "stop"
        return {
            "object": "chat.completion",
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        listening = self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port, backlog=BACKLOG)
        server = self._loop.run_until_complete(listening)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._all_closed(server))
        self._loop.close()

    async def _all_closed(self, server: asyncio.Server) -> None:
        """Accept nothing more, and close every connection and then the server.

        Connections that were just being accepted take a few rounds of the loop to show, and would be dropped unclosed
        by a server that is closed already.
        """
        for listening in server.sockets:
            self._loop.remove_reader(listening.fileno())
        idle = 0
        while idle < 10:
            for transport in self.open.copy():
                transport.abort()
            await asyncio.sleep(0)
            idle = 0 if self.open or len(asyncio.all_tasks()) > 1 else idle + 1
        server.close()


class _Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection; requests come one at a time."""

    def __init__(self, server: ScriptedServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._transport: asyncio.Transport
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.open.add(transport)
        self._server.connections += 1
        self._server.most_open = max(self._server.most_open, len(self._server.open))

    def connection_lost(self, error: Exception | None) -> None:
        self._server.open.discard(self._transport)
        for task in self._tasks:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        self._handle(first, headers, body)

    def _handle(self, first: str, headers: dict[str, str], body: bytes) -> None:
        method, path, _ = first.split(" ")
        if (method, path) == ("GET", "/v1/models"):
            models = self._server.models
            answer = models if isinstance(models, Answer) else Answer(body=models)
            self._send(answer, answer.body)
        elif (method, path) == ("POST", "/v1/chat/completions"):
            request = Request(headers, json.loads(body))
            answer = self._server.answer(request)
            said = self._server.completion(request.body) if answer.body is None else answer.body
            if request.body.get("stream") and answer.status == 200 and answer.body is None and answer.pieces is None:
                answer = replace(answer, pieces=streamed(said))
            self._send(answer, said)
        else:
            self._send(Answer(status=404), {"error": {"message": f"no {path}"}})

    def _send(self, answer: Answer, said: Any) -> None:
        if not (answer.delay_s or answer.drip_s or answer.reset or answer.cut):
            self._transport.write(_response(answer, said))
            return
        task = asyncio.get_running_loop().create_task(self._send_slowly(answer, said))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_slowly(self, answer: Answer, said: Any) -> None:
        await asyncio.sleep(answer.delay_s)
        if answer.reset:
            self._transport.abort()
            return
        response = _response(answer, said)
        if not answer.drip_s:
            self._transport.write(response.removesuffix(LAST_CHUNK) if answer.cut else response)
        else:
            head = response.index(b"\r\n\r\n") + 4
            self._transport.write(response[:head])
            for part in _parts(answer, response[head:]):
                self._transport.write(part)
                await asyncio.sleep(answer.drip_s)
        if answer.cut:
            self._transport.close()


def streamed(completion: Mapping[str, Any]) -> list[bytes]:
    """Return a completion as the events of a stream: the message in pieces, why it ended, the usage, `[DONE]`."""
    [choice] = completion["choices"]
    message = choice["message"]
    words = (message.get("content") or "").split(" ")
    deltas: list[dict[str, Any]] = [{"role": "assistant"}]
    deltas += [{"content": word if index == 0 else f" {word}"} for index, word in enumerate(words) if word or index]
    for index, call in enumerate(message.get("tool_calls", ())):
        name, text = call["function"]["name"], call["function"]["arguments"]
        begin = {"index": index, "id": call["id"], "type": "function", "function": {"name": name, "arguments": ""}}
        halves = [text[: len(text) // 2], text[len(text) // 2 :]]
        deltas.append({"tool_calls": [begin]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": half}}]} for half in halves]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    return events(*chunks, {"choices": [], "usage": completion["usage"]})


def events(*chunks: Any, done: bool = True) -> list[bytes]:
    """Return chunks as the events of a stream."""
    lines = [b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks]
    return [*lines, b"data: [DONE]\n\n"] if done else lines


def _response(answer: Answer, said: Any) -> bytes:
    if answer.pieces is not None:
        head = b"HTTP/1.1 200 Scripted\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        return head + b"".join(map(_chunk, answer.pieces)) + LAST_CHUNK
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Scripted\r\n{lines}\r\n".encode() + body


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def _parts(answer: Answer, body: bytes) -> list[bytes]:
    """Return what is sent at once of a body that comes slowly."""
    if answer.pieces is None:
        return [body[place : place + 1] for place in range(len(body))]
    return [*map(_chunk, answer.pieces), *([] if answer.cut else [LAST_CHUNK])]


def _arguments(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the least that fits a tool's schema."""
    least = {"string": "x", "integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}
    properties = schema.get("properties", {})
    return {name: least.get(properties[name].get("type", "string")) for name in schema.get("required", ())}


@contextlib.contextmanager
def server_process(*, turns: int = 5, latency_s: float = 0.0, error_rate: float = 0.0) -> Iterator[str]:
    """Run a server as a process of its own; yields its URL."""
    command = [sys.executable, __file__, f"--turns={turns}", f"--latency-s={latency_s}", f"--error-rate={error_rate}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description="An OpenAI-compatible server without a model.")
    parser.add_argument("--port", type=int, default=0, help="where to listen (any free port)")
    parser.add_argument("--turns", type=int, default=5, help="the turn in which the scripted model submits (5)")
    parser.add_argument("--latency-s", type=float, default=0.0, help="seconds that every answer takes (0)")
    parser.add_argument("--error-rate", type=float, default=0.0, help="share of requests answered with HTTP 500 (0)")
    options = parser.parse_args()
    with ScriptedServer(**vars(options), record=False) as server:
        print(server.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
