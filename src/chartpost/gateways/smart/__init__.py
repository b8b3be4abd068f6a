"""The SMART App Launch door: apps are registered, approved and given tokens."""
