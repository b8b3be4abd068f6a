"""Views of the portal: each parses, asks the policy, calls a service or query, and renders."""
