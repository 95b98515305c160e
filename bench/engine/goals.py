"""Whether a case's goals are met."""

import statistics


def table(case, measured):
    """Lines of Markdown: each goal, what was measured, and whether it is met."""
    rows = list(_checks(case, measured))
    if not rows:
        return []
    return ["", "| goal | measured | |", "|---|---:|---|",
            *(f"| {goal} | {value:.2f} | {'met' if met else '**missed**'} |"
              for goal, value, met in rows)]


def _checks(case, measured):
    ours, defaults, best = measured.turns
    goals = case.goals

    def rate(turn):
        return turn.rate(case)

    def first(turn):
        return turn.first_p50_ms

    def memory(side):
        return measured.memory[side]["VmHWM"]

    def at_least(goal, what, value):
        if goal is not None:
            yield f"{what}: at least {goal:g} times", value, value >= goal

    def at_most(goal, what, value):
        if goal is not None:
            yield f"{what}: at most {goal:g} times", value, value <= goal

    middle = measured.middle
    yield from at_least(goals.rate_of_defaults, "rate, of the defaults'",
                        middle(ours, rate) / middle(defaults, rate))
    yield from at_least(goals.rate_of_best, "rate, of the best flags'",
                        middle(ours, rate) / middle(best, rate))
    yield from at_most(goals.first_of_best, "first token p50, of the best of both",
                       middle(ours, first) / min(middle(defaults, first), middle(best, first)))
    for side in (defaults, best):
        yield from at_most(goals.memory, f"peak memory, of {side}'", memory(ours) / memory(side))
    if case.beside:
        prompt = statistics.median(turn.prompt_rate for turn in measured.beside[ours])
        yield from at_least(goals.within_of_prompt, "within answers, of its own prompt speed",
                            middle(ours, lambda turn: turn.answers_rate) / prompt)
