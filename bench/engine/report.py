"""The tables, in Markdown."""

import datetime
import os
import pathlib
import statistics


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


def table(case, turns, memory, best_flags):
    rates = {name: [turn.rate(case) for turn in of] for name, of in turns.items()}
    firsts = {name: [turn.first_p50_ms for turn in of] for name, of in turns.items()}
    ours = next(iter(turns))
    tokens_in = statistics.mean(t.tokens_in for of in turns.values() for t in of) / case.requests
    others = max(turn.others for of in turns.values() for turn in of)
    tokens_out = statistics.mean(t.tokens_out for of in turns.values() for t in of) / case.requests
    lines = [f"\n### {case.name}: {case.title}", "",
             f"{case.requests} requests a turn, {tokens_in:.0f} tokens in and {tokens_out:.0f} "
             f"out each; best flags `{best_flags}`; other work took at most {others:.1%} of the "
             "machine", "",
             f"| server | {'requests' if case.own else 'tokens'}/s | Bedplate is x times it | first token p50, ms | Bedplate's is x "
             "of it | tokens/s within an answer | peak memory, MiB | of it mapped from files |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for name, of in turns.items():
        middle = statistics.median
        within = middle(turn.answer_rate for turn in of) if case.answer_tokens > 1 else 0
        lines.append(
            f"| {name} | {_spread(rates[name])} | {middle(rates[ours]) / middle(rates[name]):.2f} "
            f"| {_spread(firsts[name])} | {middle(firsts[ours]) / middle(firsts[name]):.2f} "
            f"| {within:.0f} | {memory[name]['VmHWM']:.0f} | {memory[name]['RssFile']:.0f} |")
    return "\n".join(lines)
