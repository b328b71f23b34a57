"""Prepare a scan: open its output, load earlier findings, choose the cache."""

from __future__ import annotations

import hashlib
import re
import sys
from functools import partial
from pathlib import Path

from unmask.cli.html_output import HtmlOutput
from unmask.cli.scan_options import ScanOptions
from unmask.cli.summary import Summary
from unmask.errors import OutputError, UsageError
from unmask.hub import resolve
from unmask.scanning.cache import VerdictCache, default_path
from unmask.scanning.outputs import SUFFIXES, JunitOutput, Output, SarifOutput, StdoutOutput, open_output
from unmask.scanning.path_set import PathSet
from unmask.scanning.sort_into_folders import FolderSorter
from unmask.scanning.task import ScanConfig
from unmask.verdict import Finding
from unmask.zoo import read_model


def folder_sorter(options: ScanOptions) -> FolderSorter | None:
    """The sorter that copies or moves pictures; None without --copy-to and --move-to."""
    folder = options.sort_folder
    return FolderSorter(folder, options.sources, move=options.move_to is not None) if folder else None


def open_scan_output(options: ScanOptions, sorter: FolderSorter | None) -> Output:
    """Opens the output that `--out` names, or stdout.

    Raises:
        UsageError: `--out` is no file on a local disk, or is missing although `--resume` is given.
    """
    if options.out is None:
        if options.resume:
            raise UsageError("--resume needs the output to continue; add its --out")
        stdout = StdoutOutput()
        stdout.prevalence = options.prevalence
        return stdout
    name = options.out.as_posix()
    if re.match(r"[A-Za-z][\w+.-]+:/", name):
        raise UsageError(f"--out {name}: an output must be on a local disk; give a file name, and copy the file later")
    html = partial(HtmlOutput, sorter=sorter)
    junit = partial(JunitOutput, fails=options.rule.fails if options.rule else None)
    sarif = partial(SarifOutput, fails=options.rule.fails)
    types = SUFFIXES | {".html": html, ".htm": html, ".sarif": sarif, ".xml": junit, ".junit": junit}
    suffix = f".{options.output_format}" if options.output_format else None
    output = open_output(options.out, resume=options.resume, types=types, suffix=suffix)
    output.prevalence = options.prevalence
    if options.watch:
        output.batch_size = 1
    return output


def load_finished(output: Output, config: ScanConfig, sorter: FolderSorter | None, summary: Summary) -> PathSet:
    """Counts the findings in an existing output in `summary`; returns their paths, which the scan will skip.

    Raises:
        OutputError: the file is not an output of a scan.
        UsageError: the file was written with another model or other options.
    """
    finished = PathSet()
    model = hashlib.sha256(read_model(resolve(config.detector.model))).hexdigest()
    for row in output.rows():
        finding = Finding.from_dict(row)
        if finding.verdict and finding.verdict.model.sha256 != model:
            raise UsageError(f"{output.path}: was written with another model; give another --out, or the same --model")
        if finding.verdict and (option := config.mismatch(finding.verdict)):
            raise UsageError(f"{output.path}: was written {option}; give another --out, or use the same options")
        finished.add(finding.path)
        summary.add(finding)
        if sorter:
            sorter.delete_originals((finding,))
    return finished


def cache_path(options: ScanOptions) -> Path | None:
    """The path of the verdict cache; None without one, or if the user's own cannot be opened."""
    if options.no_cache or options.cache:
        return None if options.no_cache else options.cache
    try:
        VerdictCache(default_path(), "").close()
    except OutputError as error:
        sys.stderr.write(f"unmask: {error.message}\n")
        return None
    return default_path()
