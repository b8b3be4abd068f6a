"""What staff type: forms that say what is missing in plain words."""
