"""The JUnit output, which CI systems show as a test report: one test case per picture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from unmask.headline import make_headline
from unmask.scanning.outputs.journaled import JournaledOutput
from unmask.scanning.outputs.output import FindingRow
from unmask.verdict import Finding, Label

SUITE = "unmask scan"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML does not allow."""


class JunitOutput(JournaledOutput):
    """A JUnit `.xml` file written from a journal; the journal is kept, so that the scan can be resumed.

    A picture that fails the check is a failure, one that could not be judged an error, another `unsure` one is skipped.
    """

    def __init__(self, path: Path, fails: Callable[[Finding], bool] | None = None) -> None:
        """Create an output.

        Args:
            path: the file.
            fails: whether a finding fails the check; by default, `fake` does.
        """
        super().__init__(path)
        self._fails = fails or (lambda finding: bool(finding.verdict and finding.verdict.label is Label.FAKE))

    def _write_file(self, rows: Iterator[FindingRow], path: Path) -> None:
        counts: Counter[str] = Counter()
        seconds = 0.0
        for finding in map(Finding.from_dict, self.rows()):
            counts[self._outcome(finding)] += 1
            seconds += finding.verdict.seconds if finding.verdict else 0.0
        totals = {
            "name": SUITE,
            "tests": str(counts.total()),
            "failures": str(counts["failure"]),
            "errors": str(counts["error"]),
            "time": f"{seconds:.3f}",
        }
        with path.open("w", encoding="utf-8", newline="\n") as file:
            xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
            xml.startDocument()
            xml.startElement("testsuites", AttributesImpl(totals))
            xml.startElement("testsuite", AttributesImpl({**totals, "skipped": str(counts["skipped"])}))
            for finding in map(Finding.from_dict, rows):
                self._write_case(xml, finding)
            xml.endElement("testsuite")
            xml.endElement("testsuites")
            xml.endDocument()

    def _outcome(self, finding: Finding) -> str:
        """The element of a test case: `error`, `failure` or `skipped`; `passed` has none."""
        if finding.verdict is None:
            return "error"
        if self._fails(finding):
            return "failure"
        return "skipped" if finding.verdict.label is Label.UNSURE else "passed"

    def _write_case(self, xml: XMLGenerator, finding: Finding) -> None:
        outcome, verdict, failure = self._outcome(finding), finding.verdict, finding.failure
        time = f"{verdict.seconds if verdict else 0:.3f}"
        case = {"classname": SUITE, "name": _text(finding.path), "time": time}
        xml.startElement("testcase", AttributesImpl(case))
        if failure:
            reason = {"type": failure.code, "message": _text(failure.message)}
            xml.startElement("error", AttributesImpl(reason))
            xml.endElement("error")
        elif verdict and outcome != "passed":
            headline = make_headline(verdict)
            reason = {"message": f"{headline.title}: {headline.detail}"}
            if outcome == "failure":
                reason["type"] = str(verdict.label)
            xml.startElement(outcome, AttributesImpl(reason))
            xml.characters(f"{headline.sentence} {headline.caution}")
            xml.endElement(outcome)
        xml.endElement("testcase")


def _text(value: str) -> str:
    """Text that XML can hold: other characters become backslash escapes."""
    return _NOT_XML.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), value)
