"""A mail server of a few lines, to which the application really speaks."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it is given; `answer` to RCPT may be set to a refusal."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.kept: list[EmailMessage] = []
        self.answer = b"250 ok"
        self.hang_up = False
        self.silent = False  # takes the call and says nothing
        self.calls = 0
        self.verdict = b"250 kept"
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.calls += 1
        if self.server.silent:
            self.rfile.readline()  # until the caller loses patience
            return
        self._say(b"220 test")
        while line := self.rfile.readline().strip():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say(b"354 go on")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part.removeprefix(b".") if part.startswith(b"..") else part
                if self.server.hang_up:
                    return
                if self.server.verdict.startswith(b"250"):
                    self.server.kept.append(message_from_bytes(body, policy=policy.default))  # type: ignore[arg-type]
                self._say(self.server.verdict)
            elif verb == b"RCPT":
                self._say(self.server.answer)
            elif verb == b"QUIT":
                self._say(b"221 bye")
                return
            else:
                self._say(b"250 ok")

    def _say(self, words: bytes) -> None:
        self.wfile.write(words + b"\r\n")
