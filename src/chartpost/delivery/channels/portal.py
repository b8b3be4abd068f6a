"""Portal: the person opens the files after signing in; every file and account leaves a receipt with the file's hash."""

from chartpost.delivery.types import Channel

CHANNEL = Channel("portal", "released")
