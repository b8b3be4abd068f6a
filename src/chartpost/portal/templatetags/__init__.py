"""Template tags and filters of every page; `ui` is loaded in all templates."""
