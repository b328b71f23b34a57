"""A promotion decision as an HTML page that loads nothing."""

from __future__ import annotations

from unmask.html.page import Child, badge, definition_list, notice, page, section, table
from unmask.promotion.checks import Check, Outcome
from unmask.promotion.decision import Decided, PromotionDecision
from unmask.verdict import ModelReference

TONES = {Outcome.PASSED: "real", Outcome.FAILED: "fake", Outcome.UNDECIDED: "unsure"}
WORDS = {
    Decided.PROMOTE: "The candidate keeps every rule and may replace the current model.",
    Decided.REJECT: "The candidate breaks a rule and does not replace the current model.",
    Decided.UNDECIDED: "There are too few pictures to decide. The current model stays.",
}
DECISION_TONES = {Decided.PROMOTE: "real", Decided.REJECT: "fake", Decided.UNDECIDED: "unsure"}
HEAD = ("rule", "subset", "tier", "outcome", "value", "95 % interval", "limit", "more pictures")


def promotion_page(decision: PromotionDecision) -> str:
    """Render the page."""
    order = [Outcome.FAILED, Outcome.UNDECIDED, Outcome.PASSED]
    checks = sorted(decision.checks, key=lambda check: order.index(check.outcome))
    skipped = [(name, f"{real:,}", f"{fake:,}") for name, real, fake in decision.skipped]
    return page(
        f"Promotion: {decision.decided}",
        notice(WORDS[decision.decided], tone=DECISION_TONES[decision.decided]),
        definition_list(
            {
                "candidate": _named(decision.candidate),
                "current model": _named(decision.current),
                "regression set": f"{decision.dataset.name}, {len(decision.dataset):,} pictures",
            }
        ),
        section(
            "Rules", table(HEAD, map(_row, checks), numbers=4), note="Values state how much worse the candidate is."
        ),
        section("Too small to be judged", table(("subset", "real", "fake"), skipped, numbers=2)) if skipped else None,
        lead="A rule passes if the 95 % interval is below its limit, and fails if the interval is above it.",
    )


def _named(model: ModelReference) -> str:
    return f"{model.name} {model.version}, {model.sha256[:16]}…"


def _row(check: Check) -> tuple[Child, ...]:
    worse = check.worse
    return (
        check.rule.replace("_", " "),
        check.subset,
        check.tier,
        badge(str(check.outcome), TONES[check.outcome]),
        f"{worse.value:.4g}",
        f"{worse.low:.4g} to {worse.high:.4g}",
        f"{check.limit:g}",
        f"{check.needed:,}" if check.needed else "",
    )
