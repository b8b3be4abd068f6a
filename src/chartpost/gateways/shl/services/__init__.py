"""Verbs of this room; each writes its ledger entry in its own transaction."""

from chartpost.gateways.shl.services.ending import stop
from chartpost.gateways.shl.services.making import make
from chartpost.gateways.shl.services.serving import direct, located, manifest

__all__ = ["direct", "located", "make", "manifest", "stop"]
