"""What the web server itself writes: its own lines, but for an advice that is not meant for us."""

import logging


class WithoutAdviceOnThreads(logging.Filter):
    """Leave out that there are many threads: most of them wait for another (`config/slots.py`)."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "Python threads" not in record.getMessage()
