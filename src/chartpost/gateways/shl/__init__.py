"""The door of SMART Health Links: people make them, programs of others fetch what they lead to, a page opens any."""
