"""Progress without a terminal: a line per percent with the time that is left, from the events of Snakemake."""

import io
import logging

from clm.provenance.progress import ProgressLines, duration
from snakemake_interface_logger_plugins.common import LogEvent


def lines(total: int, seconds_per_job: float = 2.0) -> list[str]:
    clock, stream = [0.0], io.StringIO()
    logger = logging.Logger("made up", logging.INFO)
    logger.addHandler(ProgressLines(stream, lambda: clock[0]))
    for done in range(1, total + 1):
        clock[0] += seconds_per_job
        logger.info("Finished jobid: 7 (Rule: plot_loss)", extra={"event": LogEvent.JOB_FINISHED, "job_id": 7})
        logger.info(None, extra={"event": LogEvent.PROGRESS, "done": done, "total": total})
        logger.info("something else", extra={"event": LogEvent.JOB_INFO})
    return stream.getvalue().splitlines()


def test_every_job_of_a_small_study_has_its_line():
    told = lines(4)
    assert told[0] == " 25 %  1 of 4 jobs, last plot_loss, about 6 s left"
    assert told[-1] == "100 %  4 of 4 jobs, last plot_loss, done" and len(told) == 4


def test_a_large_study_has_a_line_per_percent():
    told = lines(2500)
    assert len(told) == 101 and told[50].startswith(" 50 %  1250 of 2500 jobs") and "42 min left" in told[50]
    assert "left" not in told[9] and "left" in told[10]


def test_durations():
    assert [duration(s) for s in (40, 720, 12600)] == ["40 s", "12 min", "3.5 h"]
