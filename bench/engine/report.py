"""The tables, in Markdown."""

import dataclasses
import datetime
import os
import pathlib
import statistics

import goals


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def heading(args, processors):
    return (f"{datetime.date.today()}, {processor()}, {len(processors)} processors, "
            f"{args.threads} computing threads, {args.model.name}, {args.rounds} rounds, load "
            f"average {os.getloadavg()[0]:.1f} before the run. Medians (least to most); ratios of "
            "medians.")


def _spread(values):
    digits = 0 if statistics.median(values) >= 20 else 2
    return (f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to "
            f"{max(values):,.{digits}f})")


@dataclasses.dataclass
class Measured:
    """By the name of the side, Bedplate's first."""
    turns: dict[str, list]
    beside: dict[str, list]  # of the case beside it, in the same rounds
    memory: dict[str, dict] = dataclasses.field(default_factory=dict)

    def middle(self, side, figure):
        return statistics.median(figure(turn) for turn in self.turns[side])

    def others(self):
        return max(turn.others for of in self.turns.values() for turn in of)


def table(case, measured, best_flags):
    """The servers beside each other, and the case's goals."""
    turns = [turn for of in measured.turns.values() for turn in of]
    tokens_in = statistics.mean(turn.tokens_in for turn in turns) / case.requests
    tokens_out = statistics.mean(turn.tokens_out for turn in turns) / case.requests
    unit = "requests" if case.own else "tokens"
    lines = [f"\n### {case.name}: {case.title}", "",
             f"{case.requests} requests a turn, {tokens_in:.0f} tokens in and {tokens_out:.0f} "
             f"out each; best flags {best_flags}; other work took at most "
             f"{measured.others():.1%} of the machine", "",
             f"| server | {unit}/s | Bedplate is x times it | first token p50, ms | Bedplate's is "
             "x of it | tokens/s within an answer | peak memory, MiB | of it mapped from files |",
             "|---|---:|---:|---:|---:|---:|---:|---:|",
             *(_row(case, measured, name) for name in measured.turns)]
    lines += _within(measured) if case.beside else []
    return "\n".join(lines + goals.table(case, measured))


def _row(case, measured, name):
    ours, of = next(iter(measured.turns)), measured.turns[name]

    def times(figure):
        return measured.middle(ours, figure) / measured.middle(name, figure)

    within = measured.middle(name, lambda t: t.answer_rate) if case.answer_tokens > 1 else 0
    memory = measured.memory[name]
    return (f"| {name} | {_spread([t.rate(case) for t in of])} "
            f"| {times(lambda t: t.rate(case)):.2f} "
            f"| {_spread([t.first_p50_ms for t in of])} | {times(lambda t: t.first_p50_ms):.2f} "
            f"| {within:.0f} | {memory['VmHWM']:.0f} | {memory['RssFile']:.0f} |")


def _within(measured):
    """Generation between the first token of an answer and its last, beside prompt speed."""
    lines = ["", "| server | within answers, all together: tokens/s | from the first token of all "
             "to the last | prompt speed, tokens/s | within answers / prompt speed |",
             "|---|---:|---:|---:|---:|"]
    for name, beside in measured.beside.items():
        within = measured.middle(name, lambda t: t.answers_rate)
        span = measured.middle(name, lambda t: t.decode_rate)
        prompt = statistics.median(turn.prompt_rate for turn in beside)
        lines.append(f"| {name} | {within:,.0f} | {span:,.0f} | {prompt:,.0f} "
                     f"| {within / prompt:.2f} |")
    return lines
