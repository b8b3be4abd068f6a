"""What happens to people: long courses of illness and single episodes."""
