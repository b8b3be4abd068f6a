"""Python in the home of an office: one process reads the whole program, and each piece of work is a copy of it.

To read the program takes a second or two, the pieces of work next to nothing. A copy is a process of its own: nothing
is left behind from one piece to the next.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_SERVE = """
import json, os, sys, tempfile, traceback
os.environ["DJANGO_SETTINGS_MODULE"] = "chartpost.settings"
import django
django.setup()

def work(code, arguments, out, problems):
    os.dup2(out.fileno(), 1)
    os.dup2(problems.fileno(), 2)
    sys.argv = ["-c", *arguments]
    try:
        exec(compile(code, "<piece of work>", "exec"), {"__name__": "__main__", "django": django, "os": os, "sys": sys})
        failed = False
    except BaseException:
        traceback.print_exc()
        failed = True
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(failed)

answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as problems:
        if (child := os.fork()) == 0:
            work(*json.loads(line), out, problems)
        _, status = os.waitpid(child, 0)
        said = [os.pread(file.fileno(), 1 << 30, 0).decode(errors="replace") for file in (out, problems)]
        print(json.dumps([status, *said]), file=answers, flush=True)
"""


class Inside:
    """Runs pieces of Python in one environment."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, code: str, *arguments: str) -> str:
        """Run a piece, which must end well, with `django` set up and `arguments` in `sys.argv`; what it printed."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([code, arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that runs pieces of work has ended"
        status, printed, problems = json.loads(answer)
        assert status == 0, problems[-3000:]
        return str(printed)


@contextmanager
def inside(environment: Mapping[str, str]) -> Iterator[Inside]:
    """Run pieces in this environment, until the end of the block."""
    command = [sys.executable, "-c", _SERVE]
    process = subprocess.Popen(command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Inside(process)
    finally:
        with process:  # closes its input, at whose end it ends
            pass
