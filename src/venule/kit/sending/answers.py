"""Read the answer to a request as far as it is of use: its status, headers and first bytes."""

from __future__ import annotations

from typing import Final

import httptools

ANSWER_BYTES_MAX: Final = 1_024
HEAD_BYTES_MAX: Final = 32_768
HEADER_CHARS_MAX: Final = 512
INFORMATIONAL_MAX: Final = 8


class AnswerWrong(Exception):
    """What came is no answer in HTTP/1.1; `str()` says what it is."""


class Answer:
    """An answer that is being received."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.has_head = False
        self._whole = False
        self._informational = 0
        self._head_bytes = 0
        self._parser = httptools.HttpResponseParser(self)

    @property
    def is_enough(self) -> bool:
        """Whether the rest, if there is any, does not matter."""
        return self._whole or len(self.body) >= ANSWER_BYTES_MAX

    def feed(self, data: bytes) -> None:
        """Take what has come. Raises: AnswerWrong."""
        if not self.has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            raise AnswerWrong("another protocol") from error
        except httptools.HttpParserError as error:
            if not self.is_enough:
                raise AnswerWrong(f"no answer in HTTP/1.1 ({error})") from error
        if not self.has_head and self._head_bytes > HEAD_BYTES_MAX:
            raise AnswerWrong(f"more than {HEAD_BYTES_MAX} bytes of headers")

    def end(self) -> None:
        """The other side has closed the connection. Raises: AnswerWrong if no answer came."""
        if not self.has_head:
            raise AnswerWrong("a connection closed without an answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        text = value.decode("latin-1")[:HEADER_CHARS_MAX]
        self.headers.setdefault(name.decode("latin-1").lower(), text)

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        status = self._parser.get_status_code()
        if 100 <= status < 200:  # an answer is still to come (RFC 9110, section 15.2)
            self._informational += 1
            if self._informational > INFORMATIONAL_MAX:
                raise AnswerWrong(f"more than {INFORMATIONAL_MAX} interim answers")
            self.headers.clear()
            return
        if not self.has_head:
            self.status = status
            self.has_head = True

    def on_body(self, data: bytes) -> None:
        """Called by the parser."""
        self.body += data[: ANSWER_BYTES_MAX - len(self.body)]

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._whole = self.has_head
