"""`python -m chartpost`."""

import sys

from chartpost.cli import main

sys.exit(main())
