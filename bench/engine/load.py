"""One turn of load against one server, and what came of it."""

import dataclasses
import os
import pathlib
import resource
import statistics
import subprocess
import sys


@dataclasses.dataclass(frozen=True)
class Turn:
    tokens_in: int
    tokens_out: int
    seconds: float
    first_p50_ms: float
    prompt_rate: float  # prompt tokens a second until the first token, of a lone client
    answer_rate: float  # tokens a second between an answer's first and last, middle of the answers
    answers_rate: float  # the same of all answers that are generated together: their sum
    decode_rate: float  # tokens after the first of each, from the first of all to the last of all
    others: float  # share of the machine's processor time that neither server nor load took
    requests: int

    def rate(self, case):
        """Tokens a second, or requests a second: the figure that the case is about."""
        if case.own:
            return self.requests / self.seconds
        return self.prompt_rate if case.answer_tokens == 1 else self.tokens_out / self.seconds


class TooSlow(Exception):
    """The load took longer than it was given."""


def _content(answer):
    """The body of an HTTP answer, its chunks joined."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        sys.exit(f"a server refused: {answer[:600].decode(errors='replace')}")
    if b"transfer-encoding: chunked" not in head.lower():
        return rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        count = int(size, 16)
        body, rest = body + rest[:count], rest[count + 2:]
    return body


class Watch:
    """What of the machine was busy with other things than the server and the load."""

    def __init__(self, server):
        self._server = server
        self._begin = self._read()

    def _read(self):
        fields = list(map(int, pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
        ticks = os.sysconf("SC_CLK_TCK")
        idle = (fields[3] + fields[4]) / ticks
        everything = sum(fields) / ticks
        load = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = self._server.processor_seconds() + load.ru_utime + load.ru_stime
        return everything, everything - idle - own

    def others(self):
        everything, others = (now - then for now, then in zip(self._read(), self._begin))
        return max(0.0, others / max(everything, 1e-3))


def turn(program, server, case, asks, seconds_max=None):
    """Sends the asks to the server by the case's clients. Raises TooSlow."""
    requests = [server.request(ask) for ask in asks]
    given = b"".join(b"%d\n%s" % (len(request), request) for request in requests)
    watch = Watch(server)
    try:
        done = subprocess.run([program, str(server.port), str(case.clients), server.marker,
                               *(["own"] if case.own else [])],
                              input=given, stdout=subprocess.PIPE, check=True, timeout=seconds_max)
    except subprocess.TimeoutExpired as late:
        raise TooSlow from late
    others = watch.others()
    answers, rest = [], done.stdout
    while rest:
        line, _, rest = rest.partition(b"\n")
        start, first, end, size = map(int, line.split())
        tokens_in, tokens_out = server.usage(_content(rest[:size]))
        if tokens_out > case.answer_tokens or (tokens_out < case.answer_tokens and not case.short):
            sys.exit(f"{server.name} generated {tokens_out} tokens, not {case.answer_tokens}")
        if first < 0:
            sys.exit(f"{server.name} sent nothing that {server.marker!r} marks")
        answers.append((start, first, end, tokens_in, tokens_out))
        rest = rest[size:]
    firsts = [(first - start) / 1e6 for start, first, *_ in answers]
    tokens_in = sum(answer[3] for answer in answers)
    tokens_out = sum(answer[4] for answer in answers)
    last = max(answer[2] for answer in answers)
    rates = [(tokens - 1) * 1e6 / max(1, end - first) for _, first, end, _, tokens in answers]
    generating = last - min(answer[1] for answer in answers)
    return Turn(requests=len(answers), others=others, tokens_in=tokens_in, tokens_out=tokens_out,
                seconds=last / 1e6, first_p50_ms=1e3 * statistics.median(firsts),
                prompt_rate=tokens_in / sum(firsts), answer_rate=statistics.median(rates),
                answers_rate=statistics.mean(rates) * min(case.clients, len(rates)),
                decode_rate=(tokens_out - len(answers)) * 1e6 / max(1, generating))
